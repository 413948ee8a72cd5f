"""Pictures from anywhere on a page: dropped, pasted, or chosen in the side bar."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from core.pictures.limits import MAX_BYTES
from core.work.visits import PICTURES
from pages.ui.parts import visit_pictures
from pages.ui.parts.text import counted, escape

_PLACE = "add_pictures"

# The upload control with its button alone, which Streamlit calls "Upload", and once it has files
# "Add files" behind a list of them: what was added is said by a toast. It stays the same control,
# because a file on its way into one that another has replaced would be lost. The component that
# listens takes no room.
_STYLE = f"""<style>
.st-key-{_PLACE} [data-testid="stFileUploaderDropzone"] {{padding: 0; min-height: 0; border: none;
  background: none}}
.st-key-{_PLACE} [data-testid="stFileUploaderDropzone"] button {{width: 100%}}
.st-key-{_PLACE} button p::after {{content: " pictures"}}
.st-key-{_PLACE} :is([data-testid="stFileUploaderDropzoneInstructions"],
  [data-testid="stFileChips"] > div) {{display: none}}
.st-key-{_PLACE} [data-testid="stFileChips"] {{width: 100%}}
.st-key-{_PLACE} [data-testid="stFileChips"] > button {{min-height: 2.5rem;
  justify-content: center; gap: .5rem; white-space: nowrap; color: inherit;
  border: 1px solid rgba(128, 128, 128, .45)}}
.st-key-{_PLACE} [data-testid="stFileChips"] > button > div {{width: auto; flex: none}}
.st-key-{_PLACE} [data-testid="stFileChips"] > button::after {{content: "Upload pictures"}}
.st-key-drop_target {{position: absolute; height: 0; overflow: hidden}}
</style>"""

_CSS = """
div {position: fixed; z-index: 1000000; pointer-events: none; font: inherit;
  color: var(--st-text-color); border-radius: var(--st-base-radius)}
div[hidden] {display: none}
.target {inset: 12px; display: flex; align-items: center; justify-content: center;
  font-size: 1.5rem; font-weight: 600; border: 3px dashed var(--st-primary-color);
  background: color-mix(in srgb, var(--st-background-color) 88%, transparent)}
.status:empty {display: none}
.status {left: 50%; bottom: 1.5rem; transform: translateX(-50%); max-width: min(36rem, 86vw);
  padding: .6rem 1rem; border: 1px solid var(--st-border-color);
  background: var(--st-secondary-background-color)}
"""

_HTML = """<div class="target" hidden>Drop pictures to add them</div>
<div class="status" role="status"></div>"""

# The files go into the upload control, which sends them as if they were chosen there. What is
# dragged from the page itself, such as one of its images, is none of ours, and a control that takes
# files by itself keeps what is dropped on it. In a text field, text is pasted and nothing else.
_JS = """
export default function({parentElement, data}) {
  const host = parentElement.host || parentElement;
  const find = (selector) => parentElement.querySelector(selector);
  const [target, status] = [find(".target"), find(".status")];
  host.cleanUp?.();
  let fromHere = false, hiding = 0;
  const show = (visible) => {
    clearTimeout(hiding);
    target.hidden = !visible;
    if (visible) hiding = setTimeout(() => { target.hidden = true; }, 1000);
  };
  const say = (text, seconds) => {
    clearTimeout(host.silence);
    status.textContent = text;
    host.silence = setTimeout(() => { status.textContent = ""; }, 1000 * seconds);
  };
  if (host.taken !== data.taken) say("", 0);
  host.taken = data.taken;
  const give = (files, folders) => {
    const refused = folders.map((name) => `${name} is a folder: drop the pictures in it.`);
    const megabytes = (bytes) => bytes / 2 ** 20;
    const small = files.filter((file) => file.size <= data.bytes);
    for (const file of files.filter((each) => !small.includes(each))) {
      refused.push(`${file.name} has ${megabytes(file.size).toFixed(1)} MB, more than ` +
        `${Math.floor(megabytes(data.bytes))} MB: save it smaller or as JPEG.`);
    }
    if (small.length > data.most) {
      refused.push(`${data.most} pictures can be added at a time: the others were left out.`);
    }
    const transfer = new DataTransfer();
    for (const file of small.slice(0, data.most)) transfer.items.add(file);
    const count = transfer.files.length;
    const input = document.querySelector(data.input);
    if (count && input) {
      input.files = transfer.files;
      input.dispatchEvent(new Event("change", {bubbles: true}));
    }
    const adding = count ? [`Adding ${count === 1 ? "a picture" : `${count} pictures`}`] : [];
    say([...refused, ...adding].join(" "), refused.length ? 15 : 60);
  };
  const isOurs = (event) => !fromHere && event.dataTransfer?.types.includes("Files") &&
    !event.composedPath().some((each) => each.dataset?.testid === "stFileUploaderDropzone");
  const listeners = {
    dragstart: () => { fromHere = true; },
    dragend: () => { fromHere = false; },
    dragover: (event) => {
      const ours = isOurs(event);
      show(ours);
      if (!ours) return;
      event.preventDefault();
      event.dataTransfer.dropEffect = "copy";
    },
    dragleave: (event) => { if (!event.relatedTarget) show(false); },
    drop: (event) => {
      const ours = isOurs(event);
      show(false);
      fromHere = false;
      if (!ours) return;
      event.preventDefault();
      const files = [], folders = [];
      for (const item of event.dataTransfer.items) {
        const file = item.kind === "file" && item.getAsFile();
        if (!file) continue;
        if (item.webkitGetAsEntry?.()?.isDirectory) folders.push(file.name);
        else files.push(file);
      }
      give(files, folders);
    },
    paste: (event) => {
      const files = [...event.clipboardData?.files ?? []];
      const place = event.composedPath()[0];
      const types = place.isContentEditable || /^(INPUT|TEXTAREA)$/.test(place.tagName);
      if (!files.length || types && event.clipboardData.types.includes("text/plain")) return;
      event.preventDefault();
      give(files, []);
    },
  };
  for (const name in listeners) document.addEventListener(name, listeners[name]);
  host.cleanUp = () => {
    clearTimeout(hiding);
    for (const name in listeners) document.removeEventListener(name, listeners[name]);
  };
  return host.cleanUp;
}
"""


def anywhere() -> None:
    """Take pictures that are dropped or pasted anywhere; the last one is chosen.

    Draw it before the control that shows which picture is chosen.
    """
    st.html(_STYLE)
    with st.sidebar.container(key=_PLACE):
        files = st.file_uploader(
            "Upload pictures",
            accept_multiple_files=True,
            label_visibility="collapsed",
            key="added_pictures",
        )
    if new := visit_pictures.keep_uploads(files):
        _tell(new)
    draw = st.components.v2.component("seewhy.add_pictures", html=_HTML, css=_CSS, js=_JS)
    data = {
        "taken": len(files),
        "input": f".st-key-{_PLACE} input[type=file]",
        "bytes": MAX_BYTES,
        "most": PICTURES,
    }
    draw(key="drop_target", data=data)


def _tell(files: Sequence[UploadedFile]) -> None:
    """Say what was added, and why the others were not."""
    refused = visit_pictures.upload_errors(files)
    for error in refused:
        st.toast(escape(error), icon=":material/error:", duration="infinite")
    added = len(files) - len(refused)
    if added:
        what = files[0].name if len(files) == 1 else counted(added, "picture")
        st.toast(f"Added {escape(what)}.", icon=":material/add_photo_alternate:")
