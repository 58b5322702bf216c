/** Which page is open, in the address behind the `#`: a page can be linked to, and the browser's back button works. */
import { useEffect, useState } from 'preact/hooks';

export type Route = { readonly page: 'site' } | { readonly page: 'rack'; readonly rack: string };

export function useRoute(): Route {
  const [route, setRoute] = useState(currentRoute);
  useEffect(() => {
    const change = () => setRoute(currentRoute());
    addEventListener('hashchange', change);
    return () => removeEventListener('hashchange', change);
  }, []);
  return route;
}

export function rackAddress(rack: string): string {
  return `#/rack/${rack}`;
}

function currentRoute(): Route {
  const [, page, rack] = location.hash.split('/');
  return page === 'rack' && rack ? { page, rack } : { page: 'site' };
}
