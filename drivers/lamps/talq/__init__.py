"""TALQ 2.7.1 (https://github.com/TALQ-consortium): this console is the central management software of a gateway."""
