"""What turns a camera: the panel, the hands in the picture, the dialogs, the stick's settings."""
