/** In place of a site of which nothing has been heard: an empty page would say that all is well. */

export function NoRacks({ site }: { site: string }) {
  return (
    <main class="no-racks">
      <h2>No rack of site {site} has been heard yet</h2>
      <p>
        The broker hands over what it knows within seconds. If nothing comes: is the site’s name right, are its racks
        connected to this broker, and may this user read <code>ballast/v1/{site}/…</code>?
      </p>
    </main>
  );
}
