"""A fictional city to try everything on."""

from data.demo.city import SYNTHETIC, DemoFiles, write_demo

__all__ = ["SYNTHETIC", "DemoFiles", "write_demo"]
