// Shows a chosen theme at once and has the site remember it, where the form alone would load the page again and lose what is typed on it.
"use strict";

document.addEventListener("submit", async (event) => {
    if (event.target.id !== "theme") return;
    event.preventDefault();
    const { target: form, submitter: chosen } = event;
    const system = chosen.value === "system";
    if (system) delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = chosen.value;
    document.querySelector('meta[name="color-scheme"]').content = system ? "light dark" : chosen.value;
    for (const button of form.elements) if (button.name === "theme") button.setAttribute("aria-pressed", String(button === chosen));
    const menu = chosen.closest("details");
    menu.querySelector("summary").setAttribute("aria-label", `Theme: ${chosen.value}`);
    menu.querySelector("summary").focus();
    menu.open = false;
    const answer = await fetch(form.action, { method: "POST", body: new FormData(form, chosen), redirect: "manual" });
    if (answer.type !== "opaqueredirect") throw new Error(`the theme could not be remembered: ${answer.status}`);
});
