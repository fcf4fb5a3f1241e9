/**
 * For a shell script at a removal: warns where servers still run. They and their containers go on, since they need no file any more; but
 * containerd can't execute `delete` when one of them is lost.
 */
export const AT_REMOVAL = `\
    servers=$(grep -laz '/usr/bin/containerd-shim-ts-v2$' /proc/[0-9]*/cmdline 2>/dev/null |
        xargs -r grep -lazx serve 2>/dev/null | wc -l)
    if [ "$servers" -gt 0 ]; then
        echo "containerd-shim-ts-v2 is removed, and $servers of its servers still run: their containers go on," >&2
        echo "but containerd can't clean up after one that is killed, until the package is installed again." >&2
    fi
`;
