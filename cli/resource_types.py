"""The types of the Docker provider's resources, as a state names them."""

CONTAINER, NETWORK = "docker:index/container:Container", "docker:index/network:Network"
VOLUME, PULLED = "docker:index/volume:Volume", "docker:index/remoteImage:RemoteImage"
BUILT = "docker:index/image:Image"
