// The form that a finding is converted with: filled in already, confirmed by Ctrl+Enter.

class ConvertForm {
  // `actions` has convert(form), attach(an enhancement's id) and closed().
  constructor(root, actions) {
    this.node = root.querySelector(".convert-form");
    this.actions = actions;
    this.isOpen = false;
    this.node.addEventListener("keydown", (event) => this.key(event));
  }

  open(detail, choices) {
    this.isOpen = true;
    this.node.hidden = false;
    const { form } = detail;
    this.fields = {};
    this.node.replaceChildren(withClass("h3", "form-title", "Convert to an enhancement"));
    if (detail.candidates.length) this.node.append(this.similar(detail.candidates));
    this.text("title", "Title", form.title, 300);
    const row = withClass("div", "form-row", "");
    row.append(
      this.choice("category", "Category", form.category, choices.categories),
      this.choice("priority", "Priority", form.priority, choices.priorities),
      this.choice("complexity", "Complexity", form.complexity ?? "", [["", "Not known"], ...choices.complexities]),
    );
    this.node.append(row);
    this.text("tags", "Tags, with commas between", form.tags.join(", "), 600);
    this.text("description", "Description", form.description, 200000, "textarea");
    this.node.append(this.buttons());
    this.fields.title.focus();
    this.fields.title.select();
  }

  similar(candidates) {
    const note = withClass("div", "form-similar", "");
    note.append(withClass("p", "", "Like it already there. Attach it as evidence instead?"));
    for (const one of candidates.slice(0, 3)) {
      const button = withClass("button", "small", `Attach to #${one.id} ${one.title}`);
      button.type = "button";
      button.title = `${one.status} · ${one.why}`;
      button.onclick = () => this.close() || this.actions.attach(one.id);
      note.append(button);
    }
    return note;
  }

  text(name, label, value, longest, tag = "input") {
    const field = document.createElement(tag);
    field.value = value;
    field.maxLength = longest;
    field.autocomplete = "off";
    this.node.append(this.labelled(name, label, field));
  }

  choice(name, label, value, options) {
    const field = document.createElement("select");
    for (const [each, words] of options) field.append(new Option(words, each, false, each === value));
    return this.labelled(name, label, field);
  }

  labelled(name, label, field) {
    const around = withClass("label", `form-field ${name}`, "");
    addSpan(around, "form-label", label);
    field.name = name;
    around.append(field);
    this.fields[name] = field;
    return around;
  }

  buttons() {
    const row = withClass("div", "form-buttons", "");
    const confirm = withClass("button", "action convert", "Convert");
    confirm.type = "button";
    confirm.onclick = () => this.confirm();
    confirm.append(" ", withClass("kbd", "", "Ctrl ↵"));
    const cancel = withClass("button", "action", "Cancel");
    cancel.type = "button";
    cancel.onclick = () => this.close();
    row.append(confirm, cancel);
    return row;
  }

  key(event) {
    if (event.key === "Escape") this.close();
    else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) this.confirm();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  confirm() {
    const { title, description, category, priority, complexity, tags } = this.fields;
    if (!title.value.trim()) {
      title.focus();
      title.setCustomValidity("An enhancement needs a title.");
      title.reportValidity();
      title.setCustomValidity("");
      return;
    }
    const form = {
      title: title.value.trim(),
      description: description.value,
      category: category.value,
      priority: priority.value,
      complexity: complexity.value || null,
      tags: tags.value.split(",").map((tag) => tag.trim()).filter(Boolean),
    };
    this.close();
    this.actions.convert(form);
  }

  close() {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.node.hidden = true;
    this.node.replaceChildren();
    this.actions.closed();
  }
}
