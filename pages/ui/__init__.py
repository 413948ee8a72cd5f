"""What the pages share: the frame, the pickers, the waiting, the showing."""
