"""A deployment whose state is lost, taken into this clone: the state is rebuilt from Docker Engine.

Pulumi's own import reads neither files in a container nor some of its settings, and would replace
every container. So the state is written as Pulumi's engine would have: the program's resources, as
a preview gives them, with the ids and the settings of those that run.
"""
