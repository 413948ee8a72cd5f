"""A page with a picture to paint on, for a test: it says what arrived."""

from __future__ import annotations

import numpy as np
import streamlit as st
from PIL import Image

from core.figures.drawing.pictures import data_uri
from pages.ui.classroom.paint import canvas, painted

down, across = np.indices((240, 320))
pixels = np.stack([across * 255 // 320, down * 255 // 240, (down + across) % 256], -1)
small = np.asarray(Image.fromarray(pixels.astype(np.uint8)))
st.title("Where does it look?")
done = st.checkbox("Done")
canvas(data_uri(small, 640)[0], 24, 32, "where", label="Where does it look?", disabled=done)
found = painted("where")
if st.button("Send"):
    st.session_state["answer"] = painted("where")
answer = st.session_state.get("answer")
st.text(f"painted: {found.counts if found else 'nothing'}")
st.text(f"sent: {answer.counts if answer else 'nothing'}")
