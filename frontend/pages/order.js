// Putting a list in order: by dragging a grip, or with the two buttons of a row. Without this script the buttons send
// the form and the server moves the row; with it rows move in place and the form sends the whole order.
//
//   <form method="post" action="…" data-order data-moved="{name} is now {position} of {count}" data-saved="Order saved">
//     <ol class="order-list">
//       <li data-name="Riverhouse"><input type="hidden" name="order" value="ID"><span class="grip">…</span>…
//         <button name="move" value="up:ID">…</button><button name="move" value="down:ID">…</button></li>
//     </ol>
//     <p role="status" class="visually-hidden"></p>
//     <button type="submit">Save order</button>
//   </form>
//
// With data-autosave on the form each move is sent at once in the background.
import Sortable from "sortablejs";

for (const form of document.querySelectorAll("form[data-order]")) {
  const list = form.querySelector(".order-list");
  const status = form.querySelector('[role="status"]');

  const say = (text) => {
    status.textContent = text ?? "";
  };

  async function save() {
    if (!("autosave" in form.dataset)) return;
    const token = document.querySelector('meta[name="form-token"]')?.content ?? "";
    try {
      const answer = await fetch(form.action, {
        method: "POST",
        body: new URLSearchParams(new FormData(form)),
        headers: { "HX-Request": "true", "X-Form-Token": token },
      });
      if (!answer.ok) throw new Error(`answer ${answer.status}`);
      say(`${status.textContent}. ${form.dataset.saved ?? ""}`);
    } catch {
      form.requestSubmit();
    }
  }

  function moved(row) {
    const rows = [...list.children];
    const text = form.dataset.moved ?? "{name}: {position} / {count}";
    say(
      text
        .replace("{name}", row.dataset.name ?? "")
        .replace("{position}", rows.indexOf(row) + 1)
        .replace("{count}", rows.length),
    );
    save();
  }

  Sortable.create(list, {
    handle: ".grip",
    animation: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 120,
    onEnd: ({ item, oldIndex, newIndex }) => oldIndex !== newIndex && moved(item),
  });
  list.classList.add("is-sortable");

  list.addEventListener("click", (event) => {
    const button = event.target.closest("button[name=move]");
    if (!button) return;
    event.preventDefault();
    const row = button.closest("li");
    const up = button.value.startsWith("up:");
    if (up) row.previousElementSibling?.before(row);
    else row.nextElementSibling?.after(row);
    // The ends of the list have one button only: the focus then goes to the other.
    const end = up ? row.previousElementSibling : row.nextElementSibling;
    (end ? button : row.querySelector(`button[name=move]:not([value="${CSS.escape(button.value)}"])`)).focus();
    moved(row);
  });
}
