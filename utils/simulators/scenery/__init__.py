"""What the simulators draw their scenes from."""
