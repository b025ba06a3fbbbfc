// Messages that failed: a traceback is copied by one button (data-copy), and a page of them is chosen by one box (data-choose-all).
"use strict";

(() => {
    for (const button of document.querySelectorAll("[data-copy]")) {
        if (!navigator.clipboard) continue; // browsers have none where the site comes without TLS
        button.hidden = false;
        button.addEventListener("click", async () => {
            const said = document.querySelector(`[data-copied="${button.dataset.copy}"]`);
            try {
                await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
                said.textContent = "Copied.";
            } catch {
                said.textContent = "The browser did not allow it: mark the text and copy it.";
            }
        });
    }

    for (const all of document.querySelectorAll("[data-choose-all]")) {
        const boxes = [...document.getElementById(all.dataset.chooseAll).elements].filter((element) => element.type === "checkbox");
        const tell = () => {
            const chosen = boxes.filter((box) => box.checked).length;
            all.checked = chosen === boxes.length;
            all.indeterminate = chosen > 0 && !all.checked;
        };
        all.hidden = false;
        all.addEventListener("change", () => boxes.forEach((box) => (box.checked = all.checked)));
        boxes.forEach((box) => box.addEventListener("change", tell));
        tell();
    }
})();
