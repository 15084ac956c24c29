import {
  autocompletion,
  closeBrackets,
  closeBracketsKeymap,
  completionKeymap,
} from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands';
import { SQLDialect } from '@codemirror/lang-sql';
import {
  bracketMatching,
  indentUnit,
  HighlightStyle,
  indentOnInput,
  LanguageSupport,
  syntaxHighlighting,
} from '@codemirror/language';
import { highlightSelectionMatches, searchKeymap } from '@codemirror/search';
import { EditorState, Prec, type Extension } from '@codemirror/state';
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  highlightSpecialChars,
  keymap,
  lineNumbers,
  placeholder,
} from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { preferences } from '@/app/preferences';
import { catalogCompletion, type DefaultPlace } from '@/features/sql/completion';
import { FUNCTIONS, KEYWORDS } from '@/features/sql/sql-words';

const keywords = new Set(
  `${KEYWORDS.join(' ')} recursive of set into table view schema catalog materialized temp replace
   exists if cascade restrict history detail extended show refresh merge matched update delete at
   filter within lateral asof positional anti semi window range unbounded preceding following
   current row exclude interval escape collate default primary key references check comment
   delta location optimize vacuum restore grant revoke to`
    .toLowerCase()
    .split(/\s+/),
);

const dialect = SQLDialect.define({
  keywords: [...keywords].join(' '),
  builtin: FUNCTIONS.join(' '),
  types:
    'bigint int integer smallint tinyint hugeint double float real decimal numeric boolean string ' +
    'varchar text date time timestamp timestamp_ntz timestamptz binary blob array map struct uuid json',
  identifierQuotes: '`"',
  doubleDollarQuotedStrings: true,
  slashComments: false,
  hashComments: false,
});

const highlight = HighlightStyle.define([
  { tag: tags.keyword, color: 'var(--accent)', fontWeight: '500' },
  { tag: [tags.string, tags.special(tags.string)], color: 'var(--success)' },
  { tag: [tags.number, tags.bool, tags.null], color: 'var(--warning)' },
  { tag: tags.comment, color: 'var(--faint)', fontStyle: 'italic' },
  { tag: [tags.typeName, tags.standard(tags.name)], color: 'var(--muted)', fontWeight: '500' },
]);

const look = EditorView.theme({
  '&': {
    height: '100%',
    fontSize: 'var(--editor-font-size, 13px)',
    backgroundColor: 'var(--bg)',
    color: 'var(--text)',
  },
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': { fontFamily: 'var(--font-mono)', lineHeight: '20px' },
  '.cm-content': { padding: '8px 0', caretColor: 'var(--text)' },
  '.cm-cursor': { borderLeftColor: 'var(--text)' },
  '.cm-gutters': { backgroundColor: 'var(--bg)', color: 'var(--faint)', border: 'none' },
  '.cm-lineNumbers .cm-gutterElement': { padding: '0 8px 0 16px' },
  '.cm-activeLine': { backgroundColor: 'color-mix(in srgb, var(--hover) 50%, transparent)' },
  '.cm-activeLineGutter': { backgroundColor: 'transparent', color: 'var(--text)' },
  '.cm-selectionBackground, &.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground':
    { backgroundColor: 'light-dark(#c9d9fb, #2f4573)' },
  '.cm-selectionMatch': { backgroundColor: 'var(--selected)' },
  '.cm-placeholder': { color: 'var(--faint)' },
  '.cm-panels': {
    backgroundColor: 'var(--panel)',
    color: 'var(--text)',
    borderColor: 'var(--line)',
  },
  '.cm-tooltip': {
    backgroundColor: 'var(--raised)',
    color: 'var(--text)',
    border: '1px solid var(--line)',
    borderRadius: '6px',
    overflow: 'hidden',
  },
  '.cm-tooltip-autocomplete > ul > li': { padding: '3px 8px !important' },
  '.cm-tooltip-autocomplete > ul > li[aria-selected]': {
    backgroundColor: 'var(--selected) !important',
    color: 'var(--text) !important',
  },
  '.cm-completionDetail': { color: 'var(--faint)', fontStyle: 'normal', marginLeft: '12px' },
  '.cm-completionMatchedText': { textDecoration: 'none', fontWeight: '700' },
  '.cm-diagnostic-error': { borderLeftColor: 'var(--danger)' },
});

export interface EditorActions {
  run(): void;
  runAll(): void;
  save(): void;
  format(): void;
}

/** Everything the SQL editor does; `place` and `actions` are asked at the time of use. */
export function editorExtensions(
  place: () => DefaultPlace,
  actions: () => EditorActions,
): Extension {
  const command = (name: keyof EditorActions) => () => {
    actions()[name]();
    return true;
  };
  return [
    Prec.highest(
      keymap.of([
        { key: 'Mod-Enter', run: command('run') },
        { key: 'Mod-Shift-Enter', run: command('runAll') },
        { key: 'Mod-s', run: command('save'), preventDefault: true },
        { key: 'Shift-Alt-f', run: command('format') },
      ]),
    ),
    preferences.get().editor.line_numbers ? lineNumbers() : [],
    EditorState.tabSize.of(preferences.get().editor.tab_size),
    indentUnit.of(' '.repeat(preferences.get().editor.tab_size)),
    highlightSpecialChars(),
    history(),
    drawSelection(),
    EditorState.allowMultipleSelections.of(true),
    indentOnInput(),
    bracketMatching(),
    closeBrackets(),
    highlightActiveLine(),
    highlightActiveLineGutter(),
    highlightSelectionMatches(),
    preferences.get().editor.word_wrap ? EditorView.lineWrapping : [],
    placeholder('SELECT * FROM …'),
    EditorView.contentAttributes.of({ 'aria-label': 'SQL' }),
    new LanguageSupport(dialect.language),
    syntaxHighlighting(highlight),
    look,
    autocompletion({ override: [catalogCompletion(place)], icons: false, maxRenderedOptions: 80 }),
    keymap.of([
      ...closeBracketsKeymap,
      ...defaultKeymap.filter(({ key }) => key !== 'Mod-Enter'),
      ...searchKeymap,
      ...historyKeymap,
      ...completionKeymap,
      indentWithTab,
    ]),
  ];
}
