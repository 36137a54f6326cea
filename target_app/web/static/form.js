// What forms have in common: what is wrong is said at its field, and nothing is sent twice.

import { quiet, warn } from "./news.js";

// Calls `send(values)` when the form is sent and complete; a refusal becomes an alert.
export function onSend(form, send, { told = warn } = {}) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (form.getAttribute("aria-busy") === "true" || !complete(form)) {
      return;
    }
    form.setAttribute("aria-busy", "true");
    quiet();
    try {
      await send(Object.fromEntries(new FormData(form)));
    } catch (error) {
      told(error.message);
    } finally {
      form.removeAttribute("aria-busy");
    }
  });
  form.addEventListener("input", ({ target }) => mend(target));
}

// Shows what is wrong with each field, and goes to the first.
function complete(form) {
  const wrong = [...form.elements].filter((field) => field.willValidate && !valid(field));
  for (const field of form.elements) {
    mend(field);
  }
  for (const field of wrong) {
    mark(field);
  }
  wrong[0]?.focus();
  return wrong.length === 0;
}

function valid(field) {
  const blank = field.required && field.type === "text" && field.value.trim() === "";
  return field.checkValidity() && !blank;
}

function mark(field) {
  const line = document.createElement("p");
  line.className = "wrong";
  line.id = `${field.id || field.name}-wrong`;
  line.textContent = sentence(field);
  field.setAttribute("aria-invalid", "true");
  const others = (field.getAttribute("aria-describedby") ?? "").split(" ").filter(Boolean);
  field.setAttribute("aria-describedby", [line.id, ...others].join(" "));
  field.after(line);
}

function mend(field) {
  if (field.getAttribute?.("aria-invalid") !== "true") {
    return;
  }
  const id = `${field.id || field.name}-wrong`;
  document.getElementById(id)?.remove();
  field.removeAttribute("aria-invalid");
  const others = field.getAttribute("aria-describedby").split(" ").filter((one) => one !== id);
  if (others.length) {
    field.setAttribute("aria-describedby", others.join(" "));
  } else {
    field.removeAttribute("aria-describedby");
  }
}

function sentence(field) {
  const name = field.labels?.[0]?.textContent ?? field.getAttribute("aria-label") ?? "This";
  if (field.validity.tooShort) {
    return `${name} needs at least ${field.minLength} characters; this has ${field.value.length}.`;
  }
  if (field.validity.typeMismatch) {
    return `This is no address that mail could reach, such as name@example.org.`;
  }
  return `${name} is missing.`;
}
