# What both fronts do: they answer from a file what Node has answered before, and give everything else to Node.
# src/pull/hits.ts writes these files; test/pull/front.test.ts holds both to the same decisions. No program is started
# for an answer, but cksum where files have a say in it, and date in a shell that has no clock.

# A relative path is passed over.
cache=/var/cache/ecr-courier
case $HOME in /*) cache=$HOME/.cache/ecr-courier ;; esac
case $XDG_CACHE_HOME in /*) cache=$XDG_CACHE_HOME/ecr-courier ;; esac
case $ECR_COURIER_CACHE in /*) cache=$ECR_COURIER_CACHE ;; esac

# Takes the answer for $host, lower case and bare, of this very environment: $user and $password as they stand in JSON,
# $expires and $now in seconds. Fails when only Node can say.
take_hit() {
  [ -z "$AWS_ECR_DISABLE_CACHE$CATTLE_URL$ECR_COURIER_EXTERNAL_ID$ECR_COURIER_TRACE" ] || return 1
  [ -z "$AWS_CONTAINER_AUTHORIZATION_TOKEN$AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE" ] || return 1
  name=$host,$AWS_PROFILE,$AWS_ACCESS_KEY_ID
  case $name in *[!A-Za-z0-9._,-]*) return 1 ;; esac
  # Somebody else's is none.
  [ -f "$cache/hits/$name" ] && [ -O "$cache/hits/$name" ] || return 1
  here="HOME=$HOME ECR_COURIER_CONFIG=$ECR_COURIER_CONFIG XDG_CONFIG_HOME=$XDG_CONFIG_HOME"
  here="$here ECR_COURIER_ROLE_ARN=$ECR_COURIER_ROLE_ARN ECR_COURIER_TOKEN_ENDS_WITH_SESSION=$ECR_COURIER_TOKEN_ENDS_WITH_SESSION"
  here="$here ECR_COURIER_SHARED_CACHE=$ECR_COURIER_SHARED_CACHE"
  here="$here AWS_PROFILE=$AWS_PROFILE AWS_ACCESS_KEY_ID=$AWS_ACCESS_KEY_ID AWS_ACCESS_KEY_ID_FILE=$AWS_ACCESS_KEY_ID_FILE"
  here="$here AWS_CONFIG_FILE=$AWS_CONFIG_FILE AWS_SHARED_CREDENTIALS_FILE=$AWS_SHARED_CREDENTIALS_FILE"
  here="$here AWS_WEB_IDENTITY_TOKEN_FILE=$AWS_WEB_IDENTITY_TOKEN_FILE AWS_ROLE_ARN=$AWS_ROLE_ARN"
  here="$here AWS_CONTAINER_CREDENTIALS_RELATIVE_URI=$AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"
  here="$here AWS_CONTAINER_CREDENTIALS_FULL_URI=$AWS_CONTAINER_CREDENTIALS_FULL_URI"
  here="$here AWS_EC2_METADATA_DISABLED=$AWS_EC2_METADATA_DISABLED"
  here="$here AWS_EC2_METADATA_SERVICE_ENDPOINT=$AWS_EC2_METADATA_SERVICE_ENDPOINT"
  here="$here AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE=$AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE"
  here="$here AWS_ENDPOINT_URL=$AWS_ENDPOINT_URL AWS_ENDPOINT_URL_ECR=$AWS_ENDPOINT_URL_ECR"
  here="$here AWS_ENDPOINT_URL_ECR_PUBLIC=$AWS_ENDPOINT_URL_ECR_PUBLIC AWS_ENDPOINT_URL_STS=$AWS_ENDPOINT_URL_STS"
  here="$here AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=$AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"
  # Machines may share a home, and each has keys of its own.
  boot=
  [ -r /proc/sys/kernel/random/boot_id ] && IFS= read -r boot </proc/sys/kernel/random/boot_id
  here="$here $boot"
  {
    IFS=' ' read -r form renew digest place && IFS= read -r there || return 1
    [ "$form" = 3 ] && [ "$there" = "$here" ] || return 1
    case $digest in '' | *[!0-9a-f]*) return 1 ;; esac
    # What was there has not changed; what was not there, or not for us, still is not.
    set --
    sums=
    while IFS= read -r line; do
      path=/${line#* /}
      case $line in
        '- '*) [ ! -r "$path" ] || return 1 ;;
        *) [ -f "$path" ] && [ -r "$path" ] || return 1
          set -- "$@" "$path"
          sums="$sums
$line" ;;
      esac
    done
  } <"$cache/hits/$name"
  [ $# = 0 ] || [ "$sums" = "
$(cksum "$@" 2>/dev/null)" ] || return 1
  # Node has seen that only root could put another directory there, and its owner another answer.
  [ -n "$place" ] || [ -O "$cache/$digest.answer" ] || return 1
  place=${place:-$cache}
  [ -f "$place/$digest.answer" ] && [ -r "$place/$digest.answer" ] || return 1
  {
    IFS=' ' read -r form from issued until expires && IFS= read -r user && IFS= read -r password || return 1
    [ "$form $from" = "2 $digest" ] && [ -n "$user" ] && [ -n "$password" ] || return 1
  } <"$place/$digest.answer"
  # Milliseconds there, seconds here.
  issued=${issued%???} until=${until%???} expires=${expires%???}
  # bash does not let it be set, and has the time in it.
  EPOCHSECONDS=
  now=${EPOCHSECONDS:-$(date +%s 2>/dev/null)}
  for time in "$now" "$renew" "$issued" "$until" "$expires"; do
    case $time in '' | *[!0-9]*) return 1 ;; esac
  done
  [ "$now" -ge "$issued" ] && [ "$now" -lt "$until" ] && [ "$now" -lt "$renew" ]
}

# Becomes Node after a whole line was read of standard input: Node decides whether that was all, and waits for the rest
# where it was not. A here-document would cut that off, and a process that copies it would outlive the answer.
become_node_after() {
  export ECR_COURIER_BEGUN="$1"
  shift
  [ ${#ECR_COURIER_BEGUN} -gt 30000 ] || become_node "$@"
  # The environment has no room for that.
  line=$ECR_COURIER_BEGUN
  unset ECR_COURIER_BEGUN
  { printf '%s\n' "$line" && exec cat; } | become_node "$@"
  exit
}

# Becomes Node, with what is left of standard input, or with a here-document of the caller.
# Node is beside this file (as the kubelet's installation puts it), where it was found last, or on PATH.
become_node() {
  case $0 in */*) self=$0 ;; *) self=./$0 ;; esac
  beside=${self%/*}
  while [ -L "$self" ]; do
    target=$(readlink "$self")
    case $target in /*) self=$target ;; *) self=${self%/*}/$target ;; esac
  done
  folder=${self%/*}
  known=
  [ -f "$cache/node" ] && [ -O "$cache/node" ] && IFS= read -r known <"$cache/node"
  for node in "$folder/node" "$beside/node" "$known" "$(command -v node)"; do
    case $node in */*) [ -f "$node" ] && [ -x "$node" ] && exec "$node" "$folder/pull.js" "$@" ;; esac
  done
  echo "ecr-courier: no Node.js found"
  echo "ecr-courier: no Node.js found: put node (24.12 or newer) on the PATH of whoever starts ${0##*/}, or a link named node into $beside." >&2
  exit 1
}
