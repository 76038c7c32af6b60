// Colours for source text: a small reader of Python, and of what looks like C.
'use strict';

const PYTHON_KEYWORDS = new Set(('False None True and as assert async await break case class ' +
  'continue def del elif else except finally for from global if import in is lambda match ' +
  'nonlocal not or pass raise return try while with yield').split(' '));
const PYTHON_BUILTINS = new Set(('abs all any bool bytearray bytes callable chr classmethod ' +
  'dict dir divmod enumerate eval exec filter float format frozenset getattr hasattr hash hex ' +
  'id input int isinstance issubclass iter len list map max memoryview min next object open ' +
  'ord pow print property range repr reversed round self set setattr slice sorted ' +
  'staticmethod str sum super tuple type vars zip').split(' '));
const C_KEYWORDS = new Set(('alignas auto bool break case catch char class const constexpr ' +
  'continue default delete do double else enum explicit extern false float fn for friend if ' +
  'impl inline int let long mut namespace new noexcept nullptr operator private protected pub ' +
  'public register return short signed sizeof static static_cast struct switch template this ' +
  'throw true try typedef typename union unsigned use using virtual void volatile while')
  .split(' '));

const PYTHON_TOKEN = new RegExp([
  '(?<comment>#.*)',
  '(?<string>\\b[rbfuRBFU]{0,2}(?:"""|\'\'\'|"(?:\\\\.|[^"\\\\])*"?|\'(?:\\\\.|[^\'\\\\])*\'?))',
  '(?<number>\\b(?:0[xXoObB][\\w]+|\\d[\\d_]*(?:\\.[\\d_]*)?(?:[eE][+-]?\\d+)?[jJ]?))',
  '(?<decorator>^\\s*@[\\w.]+)',
  '(?<word>[\\p{L}_][\\p{L}\\p{N}_]*)',
].join('|').replace('\\b[rbf', '(?<![\\p{L}\\p{N}_])[rbf'), 'gu');
const C_TOKEN = new RegExp([
  '(?<comment>//.*|/\\*.*?(?:\\*/|$))',
  '(?<string>"(?:\\\\.|[^"\\\\])*"?|\'(?:\\\\.|[^\'\\\\])+\')',
  '(?<decorator>^\\s*#\\s*\\w+)',
  '(?<number>\\b(?:0[xX][\\da-fA-F]+|\\d[\\d.]*(?:[eE][+-]?\\d+)?)[uUlLfF]*)',
  '(?<word>[\\p{L}_][\\p{L}\\p{N}_]*)',
].join('|'), 'gu');

// Pieces [kind or '', text] of a line, and what is still open behind it: a
// triple quote, a comment, or ''.
function highlightLine(line, open, isPython) {
  const pieces = [];
  let at = 0;
  const push = (kind, text) => {
    if (text)
      pieces.push([kind, text]);
  };
  const close = (mark, from) => {
    const end = line.indexOf(mark, from);
    return end < 0 ? -1 : end + mark.length;
  };

  if (open) {
    const end = close(open, 0);
    const kind = open === '*/' ? 'comment' : 'string';
    if (end < 0)
      return {pieces: [[kind, line]], open};
    push(kind, line.slice(0, end));
    at = end;
  }
  const token = isPython ? PYTHON_TOKEN : C_TOKEN;
  for (;;) {
    token.lastIndex = at;
    const match = token.exec(line);
    if (!match)
      break;
    push('', line.slice(at, match.index));
    const [kind] = Object.entries(match.groups).find(([, text]) => text !== undefined);
    let text = match[0];
    if (isPython && kind === 'string' && /("""|''')$/.test(text) && text.length <= 5) {
      const mark = text.slice(-3);
      const end = close(mark, match.index + text.length);
      if (end < 0) {
        push('string', line.slice(match.index));
        return {pieces, open: mark};
      }
      text = line.slice(match.index, end);
    } else if (!isPython && kind === 'comment' && text.startsWith('/*') &&
        !(text.length > 3 && text.endsWith('*/'))) {
      push('comment', line.slice(match.index));
      return {pieces, open: '*/'};
    }
    push(kind === 'word' ? wordKind(text, isPython) : kind, text);
    at = match.index + text.length;
  }
  push('', line.slice(at));
  return {pieces, open: ''};
}

function wordKind(word, isPython) {
  if (!isPython)
    return C_KEYWORDS.has(word) ? 'keyword' : '';
  return PYTHON_KEYWORDS.has(word) ? 'keyword' : PYTHON_BUILTINS.has(word) ? 'builtin' : '';
}

// The lines of a file as pieces, kept with it.
function highlighted(file, number) {
  if (!file.pieces) {
    file.pieces = new Map();
    const isPython = !/\.(c|cc|cpp|cxx|h|hh|hpp|rs|go|cu|java|js)$/i.test(file.path);
    let open = '', before = 0;
    for (const [line, text] of file.text) {
      const read = highlightLine(visible(text, true), line === before + 1 ? open : '', isPython);
      file.pieces.set(line, read.pieces);
      open = read.open;
      before = line;
    }
  }
  return file.pieces.get(number);
}

// A line of a file as an element; what stands for it where the text is unknown.
function sourceElement(file, number, substitute) {
  const code = element('code', {});
  const pieces = highlighted(file, number);
  if (!pieces)
    return element('code', {class: 'missing'}, substitute);
  for (const [kind, text] of pieces)
    code.append(kind ? element('span', {class: `s-${kind}`}, text) : text);
  return code;
}
