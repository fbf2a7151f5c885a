/// How a report looks: light and dark, narrow and wide, on paper.
enum StyleSheet {
    static let text: StaticString = """

        :root {
          color-scheme: light dark;
          --page: #ffffff; --raised: #f6f7f8; --ink: #16191d; --soft: #565e68; --line: #d9dde2;
          --link: #0b57a4; --good: #156c3a; --doubtful: #8a4b00; --bad: #ab1f1f; --card: #ffffff;
        }
        @media (prefers-color-scheme: dark) {
          :root {
            --page: #14171b; --raised: #1d2126; --ink: #e7eaee; --soft: #a3adb8; --line: #363c44;
            --link: #86bdf5; --good: #6fd095; --doubtful: #efb35c; --bad: #ff9b92; --card: #ededed;
          }
        }
        * { box-sizing: border-box; }
        html { font: 16px/1.55 system-ui, sans-serif; background: var(--page); color: var(--ink);
          -webkit-text-size-adjust: 100%; scroll-behavior: smooth; }
        body { margin: 0 auto; padding: 1.5rem 1rem 4rem; max-width: 84rem; }
        a { color: var(--link); }
        :focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
        h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 1rem; }
        .whole { font-size: 1.1rem; font-weight: 600; margin: 0 0 .5rem; max-width: none; }
        .whole.good { color: var(--good); } .whole.doubtful { color: var(--doubtful); }
        .whole.bad { color: var(--bad); }
        h1 .run { display: block; font-size: 1.1rem; font-weight: 500; color: var(--soft);
          overflow-wrap: anywhere; }
        h2 { font-size: 1.3rem; margin: 3rem 0 1rem; padding-top: 1rem;
          border-top: 1px solid var(--line); }
        h3 { font-size: 1.05rem; margin: 1.5rem 0 .5rem; }
        p, dd, figcaption, li { max-width: 46rem; }
        code { font: .86em/1.4 ui-monospace, monospace; overflow-wrap: anywhere; }
        .note { color: var(--soft); font-size: .92rem; }
        .skip, .spoken { position: absolute; left: -100vw; width: 1px; height: 1px;
          overflow: hidden; }
        .skip:focus { position: static; width: auto; height: auto; }
        .facts { display: flex; flex-wrap: wrap; gap: .5rem 2.5rem; margin: 1.5rem 0 0; }
        .facts dt { color: var(--soft); font-size: .85rem; }
        .facts dd { margin: 0; overflow-wrap: anywhere; }
        nav ul { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; list-style: none;
          margin: 1rem 0 0; padding: .6rem 0; border-top: 1px solid var(--line); }
        nav a { display: inline-block; padding: .2rem 0; }
        .badge.good { color: var(--good); }
        .badge.bound { color: var(--link); }
        .badge.doubtful { color: var(--doubtful); }
        .badge.bad { color: var(--bad); }
        .badge { font-weight: 600; white-space: nowrap; }
        #findings h2 { margin: 0 0 .5rem; padding: 0; border: 0; }
        .findings { padding-left: 1.2rem; margin: 0; font-size: 1.05rem; }
        .findings li { max-width: 60rem; }
        .findings li { margin: .4rem 0; }
        .warnings, .doubts ul { padding-left: 1.2rem; }
        .doubts { list-style: none; padding: 0; }
        .doubts > li { margin: .75rem 0; padding-left: .8rem; border-left: 3px solid var(--line); }
        .doubts ul { margin: .2rem 0 0; color: var(--soft); font-size: .92rem; }
        .scroll { position: relative; overflow-x: auto; border: 1px solid var(--line);
          border-radius: 8px; margin: 1rem 0; }
        table { border-collapse: separate; border-spacing: 0; font-size: .9rem; width: 100%; }
        caption { text-align: left; color: var(--soft); padding: .6rem .75rem; }
        .scroll caption { position: sticky; left: 0; }
        th, td { padding: .4rem .6rem; text-align: left; vertical-align: top;
          border-top: 1px solid var(--line); }
        thead th { background: var(--raised); vertical-align: bottom; font-weight: 600;
          line-height: 1.3; }
        thead th.number { min-width: 5rem; }
        tbody th { font-weight: 600; }
        .number { text-align: right; font-variant-numeric: tabular-nums; }
        td.number { white-space: nowrap; }
        .unit { color: var(--soft); font-weight: 400; }
        .load { display: block; color: var(--soft); font-weight: 400; font-size: .8rem;
          line-height: 1.35; overflow-wrap: anywhere; }
        .interval { display: block; color: var(--soft); font-size: .8rem; }
        .reason { display: block; color: var(--soft); font-size: .8rem; min-width: 9rem;
          max-width: 13rem; line-height: 1.35; }
        .sortable td code { display: block; min-width: 12rem; }
        .sortable tbody th { position: sticky; left: 0; z-index: 1; background: var(--page);
          min-width: 13rem; max-width: 16rem; overflow-wrap: break-word; }
        #workers tbody th code { font-weight: 600; }
        .sortable thead th:first-child { position: sticky; left: 0; z-index: 2; }
        .sortable tbody tr:hover > * { background: var(--raised); }
        th button { all: unset; cursor: pointer; display: block; width: 100%;
          box-sizing: border-box; }
        th button:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
        th button::after { content: "\\2195"; color: var(--soft); margin-left: .3em;
          font-weight: 400; }
        th[aria-sort="ascending"] button::after { content: "\\2191"; color: var(--ink); }
        th[aria-sort="descending"] button::after { content: "\\2193"; color: var(--ink); }
        figure { margin: 0 0 2.5rem; }
        .card { background: var(--card); color: #16191d; color-scheme: light; padding: .5rem;
          border: 1px solid var(--line); border-radius: 8px; margin: 1rem 0; }
        .card .scroll { border: 0; border-radius: 0; margin: 0; }
        .card .scroll svg { display: block; width: 100%; min-width: 42rem; max-width: 60rem;
          height: auto; margin: 0 auto; }
        @media (prefers-color-scheme: dark) { .card .scroll svg { filter: brightness(.93); } }
        .legend { display: none; flex-wrap: wrap; gap: .1rem 1rem; list-style: none; margin: 0;
          padding: .2rem .4rem .5rem; font-size: .85rem; }
        .legend svg { width: .8rem; height: .8rem; margin-right: .35rem; overflow: visible;
          vertical-align: -.05rem; }
        .terms dt { font-weight: 600; margin-top: .75rem; }
        .terms dd { margin: 0; }
        .verdicts { display: grid; grid-template-columns: auto 1fr; gap: .35rem 1.25rem; }
        .verdicts dt { margin: 0; }
        .groups { columns: 24rem 2; column-gap: 2.5rem; }
        .properties {
          break-inside: avoid; margin: 0 0 2rem; table-layout: fixed; font-size: .86rem;
        }
        .properties caption { color: var(--ink); font-weight: 600; padding-left: 0; }
        .properties th { width: 44%; font-weight: 400; color: var(--soft); padding-left: 0; }
        .properties td { overflow-wrap: anywhere; padding-right: 0; }
        .absent { color: var(--soft); font-style: italic; }
        summary { cursor: pointer; padding: .3rem 0; }
        .paths { columns: 22rem; padding-left: 1.2rem; }
        .paths li { overflow-wrap: anywhere; }
        /* Where a figure is wider than the window, its legend stands by itself. */
        @media (max-width: 46rem) { .legend { display: flex; } }
        @media (max-width: 40rem) {
          th, td { padding: .4rem .5rem; }
          .sortable tbody th { min-width: 0; max-width: 7.5rem; }
          .sortable thead th.number { min-width: 0; }
          .sortable .reason { display: none; }
          .sortable td:nth-child(2) .badge { white-space: normal; }
          .sortable .interval { white-space: normal; }
          .sortable caption { max-width: 20rem; }
          .verdicts { grid-template-columns: 1fr; gap: 0; }
          .verdicts dt { margin-top: .6rem; }
        }
        @media (prefers-reduced-motion: reduce) { html { scroll-behavior: auto; } }
        @page { size: A4 landscape; margin: 12mm; }
        @media print {
          :root { --page: #ffffff; --raised: #f2f2f2; --ink: #000000; --soft: #444444;
            --line: #bbbbbb; --link: #000000; --good: #156c3a; --doubtful: #8a4b00;
            --bad: #ab1f1f; --card: #ffffff; }
          html { font-size: 10pt; }
          body { max-width: none; padding: 0; }
          nav, .skip, .spoken, .legend, details:not(.doubtful) { display: none; }
          h2 { break-after: avoid; margin-top: 1.5rem; }
          h3 { break-after: avoid; }
          figure, tr { break-inside: avoid; }
          figure { margin-bottom: 1rem; }
          .card .scroll svg { min-width: 0; max-height: 150mm; }
          .scroll { overflow: visible; border: 0; }
          .sortable { font-size: 6.6pt; }
          .sortable th, .sortable td { padding: 1.2mm 1mm; min-width: 0; }
          .sortable tbody th, .sortable thead th:first-child { position: static; }
          .interval, .reason, .load { font-size: 5.8pt; min-width: 0; }
          .sortable td code { min-width: 0; }
          th button::after { content: ""; }
        }

        """
}
