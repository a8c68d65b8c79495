// Alpine components, loaded on pages that have one. The CSP build runs no expressions: templates name what is here.
import Alpine from "@alpinejs/csp";

// Text to take along, such as recovery codes: <div x-data="copy"><pre x-ref="text">…</pre>
//   <button type="button" x-on:click="copy">Copy</button><span role="status" x-show="done">Copied</span></div>
Alpine.data("copy", () => ({
  done: false,
  async copy() {
    await navigator.clipboard.writeText(this.$refs.text.innerText);
    this.done = true;
  },
}));

// Tags as chips. The form sends one field, comma separated, as it does without scripts:
//   <div class="tags-input" x-data="tags" data-remove="Remove {tag}"><input name="tags" value="live, series"></div>
Alpine.data("tags", () => ({
  init() {
    this.box = this.$el;
    this.field = this.box.querySelector("input");
    this.typing = this.field.cloneNode();
    this.typing.removeAttribute("name");
    this.typing.value = "";
    this.field.type = "hidden";
    this.field.removeAttribute("id");
    this.box.append(this.typing);
    this.typing.addEventListener("keydown", (event) => this.key(event));
    this.typing.addEventListener("change", () => this.take());
    this.draw();
  },
  list() {
    return this.field.value
      .split(",")
      .map((tag) => tag.trim())
      .filter(Boolean);
  },
  put(tags) {
    this.field.value = [...new Set(tags)].join(", ");
    this.draw();
  },
  take() {
    const typed = this.typing.value;
    this.typing.value = "";
    this.put([...this.list(), ...typed.split(",").map((tag) => tag.trim())].filter(Boolean));
  },
  key(event) {
    if (event.key === "," || (event.key === "Enter" && this.typing.value)) {
      event.preventDefault();
      this.take();
    } else if (event.key === "Backspace" && !this.typing.value) {
      this.put(this.list().slice(0, -1));
    }
  },
  draw() {
    this.box.querySelectorAll(".tag").forEach((chip) => chip.remove());
    for (const tag of this.list()) {
      const chip = document.createElement("span");
      const remove = document.createElement("button");
      chip.className = "tag";
      chip.textContent = tag;
      remove.type = "button";
      remove.textContent = "×";
      remove.setAttribute("aria-label", (this.box.dataset.remove ?? "Remove {tag}").replace("{tag}", tag));
      remove.addEventListener("click", () => {
        this.put(this.list().filter((other) => other !== tag));
        this.typing.focus();
      });
      chip.append(remove);
      this.typing.before(chip);
    }
  },
}));

Alpine.start();
