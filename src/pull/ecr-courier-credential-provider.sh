#!/bin/sh
# The credential provider of the kubelet.
# include front.sh

# Node handles options.
case " $*" in *' -'*) become_node kubelet "$@" ;; esac
# The kubelet ends the line, and may keep its end open.
take_line || exit 1
request=$line
# The request as the kubelet writes it. With a service account's token, or any other member, the rest is not an image.
begin='{"kind":"CredentialProviderRequest","apiVersion":"credentialprovider.kubelet.k8s.io/v1","image":"'
image=${request#"$begin"}
image=${image%'"}'}
[ "$request" = "$begin$image\"}" ] || image=
case $image in *[!A-Za-z0-9._:/@-]*) image= ;; esac
key=${image%%/*}
host=$key
case $host in *:*) case ${host#*:} in '' | *[!0-9]*) host= ;; *) host=${host%%:*} ;; esac ;; esac
# Node handles upper case, and images without a path.
case $host in *[!a-z0-9.-]* | "$image") host= ;; esac
if [ -n "$host" ] && take_hit && is_fresh_now; then
  left=$(((expires - now) / 2))
  lasts=$((left % 60))s
  [ "$left" -lt 60 ] || lasts=$((left / 60 % 60))m$lasts
  [ "$left" -lt 3600 ] || lasts=$((left / 3600))h$lasts
  begin='{"kind":"CredentialProviderResponse","apiVersion":"credentialprovider.kubelet.k8s.io/v1","cacheKeyType":"Registry"'
  printf '%s,"cacheDuration":"%s","auth":{"%s":{"username":"%s","password":"%s"}}}\n' \
    "$begin" "$lasts" "$key" "$user" "$password" 2>/dev/null || unwritten
  exit
fi
[ -z "$rest" ] || become_node_after "$request" kubelet "$@"
become_node kubelet "$@" <<END
$request
END
