/** The type in a type URL, which may begin with a host: `types.containerd.io/…`, `type.googleapis.com/…`. */
export function withoutHost(typeUrl: string): string {
  return typeUrl.slice(typeUrl.lastIndexOf("/") + 1);
}
