"""The tables, as SQLAlchemy sees them. The migrations build them; a test compares the two."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import DateTime, ForeignKey, String, func, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

MAX_ID = 2**31 - 1
CASCADE = "CASCADE"


class Base(DeclarativeBase):
    """All tables; every point in time carries its zone."""

    type_annotation_map = {datetime: DateTime(timezone=True), dict[str, Any]: JSONB}


class User(Base):
    """An account. `stats_version` counts the changes that its statistics depend on."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(String(50))
    email: Mapped[str] = mapped_column(String(100))
    hashed_password: Mapped[str] = mapped_column(String(255))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    avatar_url: Mapped[str | None] = mapped_column(String(255))
    email_verified: Mapped[bool] = mapped_column(server_default=text("false"))
    verification_code: Mapped[str | None] = mapped_column(String(64))
    verification_expires: Mapped[datetime | None]
    password_reset_token: Mapped[str | None] = mapped_column(String(64))
    password_reset_token_expires: Mapped[datetime | None]
    token_version: Mapped[int] = mapped_column(server_default=text("0"))
    kept_token: Mapped[str | None] = mapped_column(String(64))
    stats_version: Mapped[int] = mapped_column(server_default=text("0"))


class Task(Base):
    """A task; its owner is `user_id`."""

    __tablename__ = "tasks"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(200))
    description: Mapped[str | None] = mapped_column(String(1000))
    completed: Mapped[bool] = mapped_column(server_default=text("false"))
    priority: Mapped[str] = mapped_column(String(20), server_default="medium")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    due_date: Mapped[date | None]
    tags: Mapped[list[str]] = mapped_column(ARRAY(String), server_default="{}")
    notes: Mapped[str | None] = mapped_column(String(500))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))


class TaskFile(Base):
    """An uploaded file; the bytes are in the store under `stored_filename`."""

    __tablename__ = "task_files"

    id: Mapped[int] = mapped_column(primary_key=True)
    task_id: Mapped[int] = mapped_column(ForeignKey("tasks.id", ondelete=CASCADE))
    original_filename: Mapped[str] = mapped_column(String(255))
    stored_filename: Mapped[str] = mapped_column(String(255), unique=True)
    file_size: Mapped[int]
    content_type: Mapped[str | None] = mapped_column(String(100))
    uploaded_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Comment(Base):
    """A text that a user wrote on a task."""

    __tablename__ = "task_comments"

    id: Mapped[int] = mapped_column(primary_key=True)
    task_id: Mapped[int] = mapped_column(ForeignKey("tasks.id", ondelete=CASCADE))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    content: Mapped[str] = mapped_column(String(1000))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime | None]


class Share(Base):
    """A permission on a task for a user who does not own it."""

    __tablename__ = "task_shares"

    id: Mapped[int] = mapped_column(primary_key=True)
    task_id: Mapped[int] = mapped_column(ForeignKey("tasks.id", ondelete=CASCADE))
    shared_with_user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    permission: Mapped[str] = mapped_column(String(20))
    shared_at: Mapped[datetime] = mapped_column(server_default=func.now())
    shared_by_user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))


class NotificationPreferences(Base):
    """The mails that a user wants."""

    __tablename__ = "notification_preferences"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    email_verified: Mapped[bool] = mapped_column(server_default=text("false"))
    email_enabled: Mapped[bool] = mapped_column(server_default=text("true"))
    task_shared_with_me: Mapped[bool] = mapped_column(server_default=text("true"))
    task_completed: Mapped[bool] = mapped_column(server_default=text("false"))
    comment_on_my_task: Mapped[bool] = mapped_column(server_default=text("true"))
    task_due_soon: Mapped[bool] = mapped_column(server_default=text("true"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime | None]


class ActivityLog(Base):
    """One action of a user. `task_id` is no foreign key: entries outlive the task."""

    __tablename__ = "activity_logs"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    action: Mapped[str] = mapped_column(String(50))
    resource_type: Mapped[str] = mapped_column(String(50))
    resource_id: Mapped[int]
    task_id: Mapped[int | None]
    details: Mapped[dict[str, Any] | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
