"""Number plates out of pictures: text detection and recognition by networks that run on this computer."""
