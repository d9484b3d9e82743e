#!/bin/sh
# The credential helper of Docker and its kin.
# include front.sh

[ "$#,$1" = 1,get ] || become_node docker "$@"
# Docker writes no line break, and closes its end. A client that ends the line may keep its end open.
take_line || { echo "$late"; exit 1; }
server=$line
host=$server
case $host in https://*) host=${host#https://} ;; http://*) host=${host#http://} ;; esac
host=${host%%/*}
case $host in *:*) case ${host#*:} in '' | *[!0-9]*) host= ;; *) host=${host%%:*} ;; esac ;; esac
# Allow only characters that need no escape in JSON.
case $server in *[!A-Za-z0-9._:/-]*) host= ;; esac
case $host in *[!a-z0-9.-]*) host= ;; esac
if [ -n "$host" ] && take_hit && is_fresh; then
  printf '{"ServerURL":"%s","Username":"%s","Secret":"%s"}\n' "$server" "$user" "$password" 2>/dev/null || unwritten
  exit
fi
[ -z "$rest" ] || become_node_after "$server" docker get
become_node docker get <<END
$server
END
