/** The page that watches a site: see app.tsx for what is on it. */
import { render } from 'preact';
import { browserClock } from './browser/clock.ts';
import { startTheme } from './browser/theme.ts';
import { App } from './view/app.tsx';

startTheme();
render(<App clock={browserClock} />, document.body);
