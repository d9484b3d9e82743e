#!/bin/sh
# rootfs.sh NODE DIST FOLDER: the root file system of the image: this Node with the libraries that it needs, and the
# bundle. There is no shell in it.
# The Dockerfile and the test of the image both make it with this.
set -eu
node=$(readlink -f "$1")
dist=$2
root=$3

mkdir -p "$root/usr/bin" "$root/usr/lib/ecr-courier" "$root/etc" "$root/tmp" "$root/home/ecr-courier" "$root/var/lib/ecr-courier"
cp "$node" "$root/usr/bin/node"
# Where the loader looks for them: at the same paths as here.
ldd "$node" | grep -o '/[^ ]*' | while read -r library; do
  mkdir -p "$root$(dirname "$library")"
  cp -L "$library" "$root$library"
done

# Without type declarations, which nobody reads there.
cp -R "$dist/." "$root/usr/lib/ecr-courier"
rm -rf "$root/usr/lib/ecr-courier/types"
# Those for a shell, or for Windows: there is none. `kubelet install` puts that of the kubelet on nodes.
rm -f "$root/usr/lib/ecr-courier/docker-credential-ecr-courier" "$root/usr/lib/ecr-courier/"*.cmd
echo '{"type":"module"}' >"$root/usr/lib/ecr-courier/package.json"

# So that `docker exec CONTAINER ecr-courier status` does. The script's own first line asks for env, which is not there.
printf '#!/usr/bin/node\nimport "/usr/lib/ecr-courier/ecr-courier.js";\n' >"$root/usr/bin/ecr-courier"
printf '#!/usr/bin/node\nprocess.argv.splice(2, 0, "docker");\nawait import("/usr/lib/ecr-courier/pull.js");\n' >"$root/usr/bin/docker-credential-ecr-courier"
chmod 755 "$root/usr/bin/"*

# Names from /etc/hosts before those of DNS, as everywhere. Authorities are Node's own: NODE_EXTRA_CA_CERTS names more.
echo 'hosts: files dns' >"$root/etc/nsswitch.conf"
echo 'ecr-courier:x:65532:65532::/home/ecr-courier:/nowhere' >"$root/etc/passwd"
echo 'ecr-courier:x:65532:' >"$root/etc/group"
chmod 1777 "$root/tmp"
# A volume that is mounted there, and is new, gets these rights: whoever the user is has room for what shall be kept.
chmod 1777 "$root/var/lib/ecr-courier"
