/// Makes the tables of a report sortable, by mouse and by keyboard. Without it they are read as
/// they are.
///
/// Each heading becomes a button that turns the order over; missing values stay last, equal ones
/// keep their order. `#sort=TABLE,COLUMN,descending` sorts when the page is opened.
enum SortScript {
    /// The script's SHA-256 as a source expression of the Content Security Policy; a test in a
    /// browser shows that it fits.
    static let digest = "sha256-t4CTEui0q7gDc/IAyhpXsUH8/O/WDhV+ApauOMngKsI="

    static let text: StaticString = """

        "use strict";
        const spoken = document.getElementById("spoken");
        function order(cell) {
          return "v" in cell.dataset ? cell.dataset.v : cell.textContent.trim();
        }
        function compare(a, b) {
          const x = Number(a), y = Number(b);
          return isNaN(x) || isNaN(y) ? a.localeCompare(b, "en", { numeric: true }) : x - y;
        }
        function sort(table, index, descending) {
          const body = table.tBodies[0];
          const rows = Array.from(body.rows, (row, place) =>
            ({ row, place, key: order(row.cells[index]) }));
          rows.sort((a, b) => {
            const order = a.key === "" || b.key === "" ? (a.key === "") - (b.key === "")
              : descending ? compare(b.key, a.key) : compare(a.key, b.key);
            return order || a.place - b.place;
          });
          body.append(...rows.map((entry) => entry.row));
          for (const head of table.tHead.rows[0].cells) head.setAttribute("aria-sort", "none");
          const head = table.tHead.rows[0].cells[index];
          const direction = descending ? "descending" : "ascending";
          head.setAttribute("aria-sort", direction);
          spoken.textContent = "Sorted by " + head.textContent.trim() + ", " + direction + ".";
        }
        for (const table of document.querySelectorAll("table.sortable")) {
          Array.from(table.tHead.rows[0].cells).forEach((head, index) => {
            const button = document.createElement("button");
            button.type = "button";
            button.append(...head.childNodes);
            head.append(button);
            head.setAttribute("aria-sort", "none");
            button.addEventListener("click", () => {
              sort(table, index, head.getAttribute("aria-sort") === "ascending");
            });
          });
        }
        function follow() {
          const [name, key, direction] = location.hash.replace("#sort=", "").split(",");
          const table = document.getElementById(name);
          if (!location.hash.startsWith("#sort=") || !table) return;
          const heads = Array.from(table.tHead.rows[0].cells);
          const index = heads.findIndex((head) => head.dataset.key === key);
          if (index !== -1) sort(table, index, direction === "descending");
        }
        addEventListener("hashchange", follow);
        follow();

        """
}
