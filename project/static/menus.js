// Menus (details.menu) close as people expect: by Escape, by a click elsewhere, and when the focus goes elsewhere.
"use strict";

(() => {
    const openMenus = () => document.querySelectorAll("details.menu[open]");

    function closeAllBut(target) {
        for (const menu of openMenus()) if (!menu.contains(target)) menu.open = false;
    }

    document.addEventListener("click", (event) => closeAllBut(event.target));
    document.addEventListener("focusin", (event) => closeAllBut(event.target));
    document.addEventListener("keydown", (event) => {
        if (event.key !== "Escape") return;
        for (const menu of openMenus()) {
            if (menu.contains(document.activeElement)) menu.querySelector("summary").focus();
            menu.open = false;
        }
    });
})();
