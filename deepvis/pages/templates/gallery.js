// Search, keys and the order of units. The pages work without it, and it reads no other file: they open from disk.
'use strict';
const {root, layer: here} = document.body.dataset;
const MOST = 60;
const page = channel => String(channel).padStart(4, '0') + '.html';
const address = (layer, file) => root + encodeURIComponent(layer.folder) + '/' + file;

// What a text finds: units by number, in all layers, this page's first, or in the one that is named too; classes; layers.
function found(text) {
  const plain = text.trim().toLowerCase();
  const split = plain.match(/^(.*?)[\s\/_#:]*0*(\d+)$/);
  const layers = [], units = [], classes = [];
  const words = plain.split(/\s+/).filter(Boolean);
  for (const layer of GALLERY.layers) {
    const name = layer.name.toLowerCase();
    if (words.every(word => name.includes(word))) layers.push({layer, file: 'index.html', title: layer.name, kind: layer.units + ' units'});
    const number = split ? Number(split[2]) : -1;
    if (split && number < layer.units && (!split[1] || name.includes(split[1].trim())))
      units.push({layer, file: page(number), title: layer.name + ' ' + number, kind: layer.labels[number] || 'unit', exact: split[1] ? name === split[1].trim() : layer.folder === here});
    layer.labels.forEach((label, number) => {
      const low = label.toLowerCase();
      if (words.length && words.every(word => low.includes(word)))
        classes.push({layer, file: page(number), title: label, kind: layer.name + ' ' + number, exact: low.split(/\s*,\s*/).includes(plain)});
    });
  }
  const first = list => [...list.filter(each => each.exact), ...list.filter(each => !each.exact)];
  return [...first(units), ...first(classes), ...layers];
}

const form = document.getElementById('search'), input = form.querySelector('input'), list = document.getElementById('found');
function show() {
  const all = input.value.trim() ? found(input.value) : [];
  list.replaceChildren(...all.slice(0, MOST).map(each => {
    const row = document.createElement('li'), link = document.createElement('a'), kind = document.createElement('small');
    link.href = address(each.layer, each.file);
    kind.textContent = each.kind;
    link.append(kind, each.title);
    row.append(link);
    return row;
  }));
  const left = all.length - MOST;
  if (left > 0 || (!all.length && input.value.trim())) {
    const row = document.createElement('li'), words = document.createElement('span');
    words.textContent = left > 0 ? 'and ' + left + ' more' : 'no class, layer or unit of that name';
    row.append(words);
    list.append(row);
  }
  list.hidden = !input.value.trim();
}
input.addEventListener('input', show);
input.addEventListener('focus', show);
form.addEventListener('submit', event => {
  event.preventDefault();
  const link = list.querySelector('a');
  if (link) location.href = link.href;
});
form.addEventListener('keydown', event => {
  const links = [...list.querySelectorAll('a')], at = links.indexOf(document.activeElement);
  if (event.key === 'Escape') { list.hidden = true; input.focus(); list.hidden = true; }
  if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
  event.preventDefault();
  const next = at + (event.key === 'ArrowDown' ? 1 : -1);
  (next < 0 ? input : links[Math.min(next, links.length - 1)] || input).focus();
});
document.addEventListener('click', event => { if (!form.contains(event.target)) list.hidden = true; });

// The words of a command stay whole where a line ends: no break behind the dashes of an option.
document.querySelectorAll('.missing code').forEach(code => {
  const words = code.textContent.split(' ').map(word => {
    const span = document.createElement('span');
    span.textContent = word;
    return span;
  });
  code.replaceChildren(...words.flatMap((span, n) => n ? [' ', span] : [span]));
});

// Left and right: the unit before and after. A slash: the search.
document.addEventListener('keydown', event => {
  if (event.target.closest('input, select') || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === '/') { event.preventDefault(); input.focus(); return; }
  const way = {ArrowLeft: 'prev', ArrowRight: 'next'}[event.key];
  const link = way && document.querySelector('a[rel=' + way + ']');
  if (link) location.href = link.href;
});

// A place in the picture of all units is a unit.
document.querySelectorAll('.sheet').forEach(sheet => {
  const unit = event => {
    const box = sheet.firstElementChild.getBoundingClientRect(), {columns, rows, units} = sheet.dataset;
    const column = Math.floor((event.clientX - box.left) / box.width * columns);
    const row = Math.floor((event.clientY - box.top) / box.height * rows);
    const number = row * columns + column;
    return column >= 0 && column < columns && row >= 0 && number < units ? number : null;
  };
  const layer = GALLERY.layers.find(each => each.folder === sheet.dataset.folder);
  sheet.addEventListener('mousemove', event => {
    const number = unit(event);
    sheet.title = number === null ? '' : layer.name + ' ' + number + (layer.labels[number] ? ': ' + layer.labels[number] : '');
  });
  sheet.addEventListener('click', event => {
    const number = unit(event);
    if (number === null || event.detail === 0) return;  // by the keyboard: the layer
    event.preventDefault();
    const target = address(layer, page(number));
    if (event.ctrlKey || event.metaKey) window.open(target); else location.href = target;
  });
});

const order = document.getElementById('order');
if (order) {
  const units = document.querySelector('.units'), all = [...units.children];
  const sort = () => {
    const value = each => order.value in each.dataset ? Number(each.dataset[order.value]) : -Infinity;
    units.append(...(order.value ? [...all].sort((a, b) => value(b) - value(a) || a.id - b.id) : all));
  };
  order.addEventListener('change', sort);
  if (order.value) sort();  // the browser remembers it
}
