(function () {
  'use strict';
  var data = JSON.parse(document.getElementById('data').textContent);
  var choice = document.getElementById('rule');
  var body = document.querySelector('tbody');
  var sorted = { key: 'share', up: true };

  data.rules.forEach(function (rule) {
    var option = document.createElement('option');
    option.value = rule.id;
    option.textContent = rule.title + '（' + rule.asked + '）';
    choice.appendChild(option);
  });

  function judged(area) {
    return area.rules[choice.value] || [null, null, '', ''];
  }

  function shown(area, key) {
    var of = judged(area);
    if (key === 'share') { return of[2]; }
    if (key === 'verdict') { return of[0] ? data.words[of[0]] : ''; }
    if (key === 'actual') { return of[3]; }
    if (key === 'residents') { return area.said; }
    return area[key];
  }

  function order(area) {
    var of = judged(area);
    if (sorted.key === 'share') { return of[1]; }
    if (sorted.key === 'residents') { return area.residents; }
    if (sorted.key === 'verdict') { return of[0] ? ['not', 'nearly', 'meets'].indexOf(of[0]) : null; }
    return String(shown(area, sorted.key));
  }

  // What has no figure stands last, whichever way round.
  function compare(a, b) {
    var x = order(a), y = order(b);
    if (x === null || y === null) { return (x === null) - (y === null); }
    var by = typeof x === 'string' ? x.localeCompare(y, 'zh-CN') : x - y;
    return sorted.up ? by : -by;
  }

  function cell(row, words, numeric) {
    var at = document.createElement('td');
    if (numeric) { at.className = 'n'; }
    at.textContent = words;
    row.appendChild(at);
    return at;
  }

  function draw() {
    var shapes = {}, rule = data.rules.filter(function (one) { return one.id === choice.value; })[0];
    document.getElementById('chosen').textContent = rule ? rule.title + '（' + rule.asked + '）' : '';
    Array.prototype.forEach.call(document.querySelectorAll('#legend li'), function (line) {
      var verdict = line.getAttribute('data-verdict');
      line.lastChild.textContent = ' ' + data.areas.filter(function (area) {
        return (judged(area)[0] || '') === verdict;
      }).length;
    });
    Array.prototype.forEach.call(document.querySelectorAll('path[data-area]'), function (path) {
      var area = data.areas[Number(path.getAttribute('data-area'))];
      var verdict = judged(area)[0];
      shapes[path.getAttribute('data-area')] = path;
      path.style.fill = data.colours[verdict || ''];
      path.querySelector('title').textContent = area.name + ' ' + shown(area, 'share') + ' ' + shown(area, 'verdict');
    });
    while (body.firstChild) { body.removeChild(body.firstChild); }
    data.areas.map(function (area, number) { return [area, number]; }).sort(function (a, b) {
      return compare(a[0], b[0]) || a[1] - b[1];
    }).forEach(function (pair) {
      var area = pair[0], row = document.createElement('tr'), path = shapes[pair[1]];
      var name = cell(row, '', false);
      if (area.link) {
        var link = document.createElement('a');
        link.href = area.link;
        link.textContent = area.name;
        name.appendChild(link);
      } else { name.textContent = area.name; }
      cell(row, area.code, false);
      var state = cell(row, area.state, false);
      if (area.message) {
        var said = document.createElement('small');
        said.textContent = area.message;
        state.appendChild(said);
      }
      cell(row, shown(area, 'residents'), true);
      cell(row, shown(area, 'share'), true);
      cell(row, shown(area, 'verdict'), false);
      cell(row, shown(area, 'actual'), false);
      if (path) {
        var mark = function (on) {
          row.className = on ? 'here' : '';
          path.setAttribute('class', on ? 'here' : '');
        };
        [row, path].forEach(function (one) {
          one.onmouseenter = function () { mark(true); };
          one.onmouseleave = function () { mark(false); };
        });
      }
      body.appendChild(row);
    });
    Array.prototype.forEach.call(document.querySelectorAll('th'), function (head) {
      var key = head.firstChild.getAttribute('data-sort');
      head.setAttribute('aria-sort', key !== sorted.key ? 'none' : sorted.up ? 'ascending' : 'descending');
    });
  }

  var legend = document.getElementById('legend');
  ['meets', 'nearly', 'not', ''].forEach(function (verdict) {
    var line = document.createElement('li'), box = document.createElement('span');
    // A border, since a print may leave out backgrounds.
    box.style.borderColor = data.colours[verdict];
    line.setAttribute('data-verdict', verdict);
    line.appendChild(box);
    line.appendChild(document.createTextNode(verdict ? data.words[verdict] : legend.getAttribute('data-none')));
    line.appendChild(document.createElement('b'));
    legend.appendChild(line);
  });
  choice.onchange = draw;
  document.querySelector('thead').onclick = function (event) {
    var key = event.target.getAttribute('data-sort');
    if (!key) { return; }
    sorted = { key: key, up: key === sorted.key ? !sorted.up : true };
    draw();
  };
  draw();
}());
