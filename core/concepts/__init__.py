"""What single units of a layer respond to, in words (CLIP-Dissect, Oikarinen and Weng 2023)."""
