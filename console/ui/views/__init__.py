"""How a camera's pictures are shown: turned, straightened, masked."""
