"""What is kept: the site file and credentials."""
