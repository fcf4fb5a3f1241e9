/** /proc/self/mountinfo of machines with different layouts of cgroups, as much of it as matters. */

/** Debian 12 with cgroup v1 beside an empty cgroup v2 (hybrid). */
export const HYBRID = `
23 1 254:0 / / rw,relatime - ext4 /dev/vda rw
31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,nosuid shared:9 - cgroup cgroup rw,cpu,cpuacct
36 31 0:33 / /sys/fs/cgroup/devices rw,relatime shared:10 master:3 - cgroup cgroup rw,devices
40 31 0:37 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,xattr,name=systemd
41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw,nsdelegate
`;

/** systemd's default: cgroup v2 alone. */
export const UNIFIED = `
23 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
35 23 0:30 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime shared:4 - cgroup2 cgroup2 rw,nsdelegate
`;

/** In a Docker container on cgroup v1, without a cgroup namespace. */
export const NESTED = `
600 500 0:70 / / rw,relatime - overlay overlay rw,lowerdir=/a,upperdir=/b,workdir=/c
610 600 0:71 / /sys/fs/cgroup rw,nosuid - tmpfs tmpfs rw,mode=755
611 610 0:33 /docker/4f5a /sys/fs/cgroup/devices ro,nosuid master:15 - cgroup cgroup rw,devices
612 610 0:36 /docker/4f5a /sys/fs/cgroup/pids ro,nosuid master:16 - cgroup cgroup rw,pids
`;
