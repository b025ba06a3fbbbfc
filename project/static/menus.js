// Menus (details.menu) close by Escape, and when the focus goes elsewhere. That a click elsewhere closes them is Pico's doing.
"use strict";

(() => {
    const openMenus = () => document.querySelectorAll("details.menu[open]");

    document.addEventListener("focusin", (event) => {
        for (const menu of openMenus()) if (!menu.contains(event.target)) menu.open = false;
    });
    document.addEventListener("keydown", (event) => {
        if (event.key !== "Escape") return;
        for (const menu of openMenus()) {
            if (menu.contains(document.activeElement)) menu.querySelector("summary").focus();
            menu.open = false;
        }
    });
})();
