"""The map as a still picture: what stands in the file where the live map cannot run, and in briefings."""
