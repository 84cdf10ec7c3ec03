/* SPDX-License-Identifier: GPL-2.0-only */
/* What can be enlarged: strips of the address space and the flame graph. Without this all is there to see. */
(function () {
	'use strict';

	function make(name, parent, text) {
		const element = document.createElement(name);

		if (text)
			element.textContent = text;
		parent.appendChild(element);
		return element;
	}

	function button(parent, text, label, act) {
		const element = make('button', parent, text);

		element.type = 'button';
		element.setAttribute('aria-label', label);
		element.title = label;
		element.addEventListener('click', act);
	}

	const number = (element, name) => parseFloat(element.getAttribute(name)) || 0;
	const title = (element) => element.querySelector('title').textContent;

	/* A strip: the part of it that is shown is its viewBox, and one piece may be chosen. */
	function strip(root) {
		const svg = root.querySelector('svg'), name = root.dataset.name;
		const pieces = Array.from(svg.querySelectorAll('.t'));
		const height = svg.viewBox.baseVal.height, whole = 1000, least = whole / 4096;
		const controls = make('div', root);
		let from = 0, width = whole, chosen = -1, dragged = null;

		controls.className = 'controls';
		function show(start, size) {
			width = Math.min(whole, Math.max(least, size));
			from = Math.min(whole - width, Math.max(0, start));
			svg.setAttribute('viewBox', [from, 0, width, height].join(' '));
			svg.dataset.zoom = Math.round(whole / width);
		}
		function zoom(by, around) {
			const at = around === undefined ? from + width / 2 : around;

			show(at - (at - from) / by, width / by);
		}
		const middle = () => chosen < 0 ? undefined : number(pieces[chosen], 'x') + number(pieces[chosen], 'width') / 2;
		const move = (by) => show(from + by * width, width);
		button(controls, '+', 'Enlarge ' + name, () => zoom(2, middle()));
		button(controls, '\u2212', 'Make ' + name + ' smaller', () => zoom(.5, middle()));
		button(controls, '\u2190', 'To the left in ' + name, () => move(-.5));
		button(controls, '\u2192', 'To the right in ' + name, () => move(.5));
		button(controls, 'whole', 'All of ' + name, () => show(0, whole));
		const said = make('output', controls, pieces.length + (pieces.length === 1 ? ' piece' : ' pieces'));

		function choose(index) {
			const piece = pieces[index];

			if (!piece)
				return;
			if (chosen >= 0)
				pieces[chosen].classList.remove('on');
			chosen = index;
			piece.classList.add('on');
			said.textContent = title(piece);
			if (number(piece, 'x') < from || number(piece, 'x') + number(piece, 'width') > from + width)
				show(middle() - width / 2, width);
		}
		const keys = {
			ArrowRight: () => choose(Math.min(chosen + 1, pieces.length - 1)),
			ArrowLeft: () => choose(Math.max(chosen - 1, 0)),
			Home: () => choose(0),
			End: () => choose(pieces.length - 1),
			'+': () => zoom(2, middle()),
			'=': () => zoom(2, middle()),
			'-': () => zoom(.5, middle()),
			Escape: () => show(0, whole),
		};
		svg.tabIndex = 0;
		svg.setAttribute('role', 'application');
		svg.setAttribute('aria-label', svg.getAttribute('aria-label') +
			'. Arrow keys choose a piece, plus and minus enlarge, Escape shows all');
		svg.addEventListener('keydown', (event) => {
			if (event.ctrlKey || event.altKey || event.metaKey || !keys[event.key])
				return;
			keys[event.key]();
			event.preventDefault();
		});
		const place = (event) => from + (event.clientX - svg.getBoundingClientRect().left) / svg.clientWidth * width;
		svg.addEventListener('pointerdown', (event) => { dragged = { at: place(event), far: false }; });
		svg.addEventListener('pointermove', (event) => {
			if (dragged && event.buttons) {
				dragged.far = dragged.far || Math.abs(place(event) - dragged.at) > width / 100;
				if (dragged.far)
					show(from + dragged.at - place(event), width);
			} else if (event.target.classList.contains('t')) {
				said.textContent = title(event.target);
			}
		});
		svg.addEventListener('click', (event) => {
			if (!(dragged && dragged.far) && event.target.classList.contains('t'))
				choose(pieces.indexOf(event.target));
		});
		svg.addEventListener('dblclick', (event) => zoom(4, place(event)));
	}

	/* The flame graph: a frame may be made as wide as all, and is gone through by the arrow keys. */
	function flame(root) {
		const svg = root.querySelector('.graph');
		const frames = Array.from(svg.querySelectorAll('.f')).map((element) => ({
			element, x: number(element, 'x'), width: number(element, 'width'), y: number(element, 'y'),
		}));
		const controls = make('div', root);
		let now = frames[0];

		controls.className = 'controls';
		button(controls, 'whole', 'All of the flame graph', () => wide(frames[0]));
		const said = make('output', controls, frames.length + ' frames');

		const inside = (a, b) => a.x >= b.x - 1e-3 && a.x + a.width <= b.x + b.width + 1e-3;
		function wide(top) {
			for (const frame of frames) {
				const above = frame.y <= top.y && inside(top, frame);
				const shown = above || (frame.y > top.y && inside(frame, top));

				frame.element.setAttribute('visibility', shown ? 'visible' : 'hidden');
				frame.element.setAttribute('x', above ? '0%' : (frame.x - top.x) / top.width * 100 + '%');
				frame.element.setAttribute('width', above ? '100%' : frame.width / top.width * 100 + '%');
			}
			svg.dataset.top = title(top.element);
		}
		function go(frame) {
			if (!frame)
				return;
			now.element.setAttribute('tabindex', -1);
			now = frame;
			now.element.setAttribute('tabindex', 0);
			now.element.focus();
			said.textContent = title(now.element);
		}
		const shown = (frame) => frame.element.getAttribute('visibility') !== 'hidden';
		const height = frames.length > 1 ? frames[1].y : 0;
		const row = (y) => frames.filter((frame) => frame.y === y && shown(frame));
		function key(event) {
			const beside = row(now.y), at = beside.indexOf(now);

			if (event.key === 'ArrowUp')
				go(row(now.y - height).find((frame) => inside(now, frame)));
			else if (event.key === 'ArrowDown')
				go(row(now.y + height).find((frame) => inside(frame, now)));
			else if (event.key === 'ArrowLeft')
				go(beside[at - 1]);
			else if (event.key === 'ArrowRight')
				go(beside[at + 1]);
			else if (event.key === 'Enter' || event.key === ' ')
				wide(now);
			else if (event.key === 'Escape')
				wide(frames[0]);
			else
				return;
			event.preventDefault();
		}
		svg.setAttribute('role', 'group');
		svg.setAttribute('aria-label', svg.getAttribute('aria-label') +
			'. Arrow keys go from frame to frame, Enter makes one as wide as all, Escape shows all');
		svg.addEventListener('keydown', key);
		for (const frame of frames) {
			frame.element.setAttribute('role', 'img');
			frame.element.setAttribute('tabindex', frame === now ? 0 : -1);
			frame.element.addEventListener('click', () => { go(frame); wide(frame); });
			frame.element.addEventListener('pointerenter', () => { said.textContent = title(frame.element); });
			frame.element.addEventListener('focus', () => { said.textContent = title(frame.element); });
		}
	}

	document.querySelectorAll('.strip').forEach(strip);
	document.querySelectorAll('.flame').forEach(flame);
}());
