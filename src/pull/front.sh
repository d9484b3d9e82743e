# The common part of both fronts: they answer from a file what Node has answered before, and leave everything else to
# Node. src/pull/hits.ts writes these files; test/pull/front.test.ts holds both to the same decisions. Starting a
# program costs a third of an answer, so the fronts start none but cksum, where the answer depends on files, and date,
# where the age of the answer is in doubt or has to be told. Each byte that a shell reads is a system call, so the files
# are short.

# Relative paths are ignored.
cache=/var/cache/ecr-courier
case $HOME in /*) cache=$HOME/.cache/ecr-courier ;; esac
case $XDG_CACHE_HOME in /*) cache=$XDG_CACHE_HOME/ecr-courier ;; esac
case $ECR_COURIER_CACHE in /*) cache=$ECR_COURIER_CACHE ;; esac

# The message for a request that is not completed, in the words of Node.
late='No complete request came on standard input in time.'

# Reads a line of standard input into $line, and sets $rest when the line was ended, so that more may follow. Fails when
# neither the line nor the input ends within 13 s, as in Node.
take_line() {
  rest=
  IFS= read -r -t 13 line 2>/dev/null
  case $? in
    0) rest=open ;;
    1) ;;
    2) take_line_beside_sleep ;;
    *) false ;;
  esac || {
    echo "${0##*/}: $late A request is one line with a registry, or one JSON document. Look at what starts this program." >&2
    return 1
  }
}

# For shells whose read has no timeout: the end of a background process interrupts it.
take_line_beside_sleep() {
  ended=
  trap 'ended=yes' CHLD
  sleep 13 </dev/null >/dev/null 2>&1 &
  IFS= read -r line && rest=open
  # Without a program sleep there is no timeout: read on.
  if [ -n "$ended" ]; then
    wait $! && return 1
    trap - CHLD
    begun=$line
    IFS= read -r line && rest=open
    line=$begun$line
    return 0
  fi
  trap - CHLD
  kill $! 2>/dev/null
  return 0
}

# Takes the answer for $host (lower case, no port) in exactly this environment: $user and $password as they stand in
# JSON, and $issued, $until and $expires in seconds. Fails when only Node can answer. Does not check whether the answer
# is fresh.
take_hit() {
  [ -z "$AWS_ECR_DISABLE_CACHE$CATTLE_URL$ECR_COURIER_EXTERNAL_ID$ECR_COURIER_TRACE" ] || return 1
  [ -z "$AWS_CONTAINER_AUTHORIZATION_TOKEN" ] || return 1
  # Half a key is a mistake, which Node reports.
  [ -z "$AWS_ACCESS_KEY_ID$AWS_ACCESS_KEY_ID_FILE" ] || [ -n "$AWS_SECRET_ACCESS_KEY$AWS_SECRET_ACCESS_KEY_FILE" ] || return 1
  # Characters that do not belong in a file name become `_`, several in a row become one. The contents of the file say
  # which environment it is for.
  name=$host,$AWS_PROFILE,$AWS_ACCESS_KEY_ID
  while :; do
    case $name in *[!A-Za-z0-9._,-]*) ;; *) break ;; esac
    behind=${name#*[!A-Za-z0-9._,-]}
    name=${name%%[!A-Za-z0-9._,-]*}
    while :; do case $behind in [!A-Za-z0-9._,-]*) behind=${behind#?} ;; *) break ;; esac; done
    name=${name}_$behind
  done
  # A file of another user does not count.
  hit=$cache/hits/$name
  [ -f "$hit" ] && [ -O "$hit" ] || return 1
  # In the order of `variables` in hits.ts, separated by tabs: no recorded value has one in it.
  t='	'
  here="$HOME$t$ECR_COURIER_CONFIG$t$XDG_CONFIG_HOME$t$ECR_COURIER_ROLE_ARN$t$ECR_COURIER_TOKEN_ENDS_WITH_SESSION"
  here="$here$t$ECR_COURIER_SHARED_CACHE$t$AWS_PROFILE$t$AWS_ACCESS_KEY_ID$t$AWS_ACCESS_KEY_ID_FILE$t$AWS_CONFIG_FILE"
  here="$here$t$AWS_SHARED_CREDENTIALS_FILE$t$AWS_WEB_IDENTITY_TOKEN_FILE$t$AWS_ROLE_ARN"
  here="$here$t$AWS_CONTAINER_CREDENTIALS_RELATIVE_URI$t$AWS_CONTAINER_CREDENTIALS_FULL_URI"
  here="$here$t$AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE$t$AWS_EC2_METADATA_DISABLED"
  here="$here$t$AWS_EC2_METADATA_SERVICE_ENDPOINT$t$AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE$t$AWS_ENDPOINT_URL"
  here="$here$t$AWS_ENDPOINT_URL_ECR$t$AWS_ENDPOINT_URL_ECR_PUBLIC$t$AWS_ENDPOINT_URL_STS"
  here="$here$t$AWS_IGNORE_CONFIGURED_ENDPOINT_URLS$t$AWS_USE_FIPS_ENDPOINT"
  # Machines may share a home directory, and each has keys of its own.
  boot=
  [ -r /proc/sys/kernel/random/boot_id ] && IFS= read -r boot </proc/sys/kernel/random/boot_id
  here="$here$t$boot"
  {
    IFS=' ' read -r form renew sure digest place && IFS= read -r there || return 1
    [ "$form" = 5 ] && [ "$there" = "$here" ] || return 1
    case $digest in '' | *[!0-9a-f]*) return 1 ;; esac
    # Files that existed must be unchanged; files that were missing or unreadable must still be so.
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
  } <"$hit"
  [ $# = 0 ] || [ "$sums" = "
$(cksum "$@" 2>/dev/null)" ] || return 1
  # Node has checked that only root can put another directory there, and only its owner another answer.
  answer=${place:-$cache}/$digest.answer
  [ -n "$place" ] || [ -O "$answer" ] || return 1
  [ -f "$answer" ] && [ -r "$answer" ] || return 1
  {
    IFS=' ' read -r form from issued until expires && IFS= read -r user && IFS= read -r password || return 1
    [ "$form $from" = "2 $digest" ] && [ "$user" = AWS ] || return 1
    case $password in *[!\ ]*) ;; *) return 1 ;; esac
  } <"$answer"
  # The file has milliseconds; seconds are used here.
  issued=${issued%???} until=${until%???} expires=${expires%???}
  for time in "$renew" "$sure" "$issued" "$until" "$expires"; do
    case $time in '' | *[!0-9]*) return 1 ;; esac
  done
}

# Whether the answer is fresh. A new pipe has the present as its time. The file of the answer has the time when it was
# written, and the file that names it has the time $sure.
is_fresh() {
  {
    [ "$sure" -le "$until" ] && [ "$sure" -le "$renew" ] && [ /dev/fd/0 -nt "$answer" ] && [ /dev/fd/0 -ot "$hit" ]
  } <<END || is_fresh_now
END
}

# Sets $now, in seconds, and checks whether the answer is fresh.
is_fresh_now() {
  # In bash the variable holds the time and cannot be set.
  EPOCHSECONDS=
  now=${EPOCHSECONDS:-$(date +%s 2>/dev/null)}
  case $now in '' | *[!0-9]*) return 1 ;; esac
  [ "$now" -ge "$issued" ] && [ "$now" -lt "$until" ] && [ "$now" -lt "$renew" ]
}

# Reports an answer that could not be written in full, which is not success.
unwritten() {
  echo "${0##*/}: The answer could not be written. Make room where its stdout goes, or send it elsewhere; then run it again." >&2
  exit 1
}

# Becomes Node after a whole line of standard input was read. Node decides whether that was all, and waits for the rest
# if it was not. A here-document would cut the rest off, and a process that copies it would outlive the answer.
become_node_after() {
  export ECR_COURIER_BEGUN="$1"
  shift
  [ ${#ECR_COURIER_BEGUN} -gt 30000 ] || become_node "$@"
  # The line is too long for the environment.
  line=$ECR_COURIER_BEGUN
  unset ECR_COURIER_BEGUN
  { printf '%s\n' "$line" && exec cat; } | become_node "$@"
  exit
}

# Becomes Node, with the rest of standard input, or with a here-document of the caller. Node is beside this file (as the
# kubelet's installation puts it), where it was found last, or on PATH.
become_node() {
  # Node would open /dev/null in place of a closed stdout.
  { true 3>&1; } 2>/dev/null || unwritten
  case $0 in */*) self=$0 ;; *) self=./$0 ;; esac
  beside=${self%/*}
  while [ -L "$self" ]; do
    target=$(readlink "$self")
    case $target in /*) self=$target ;; *) self=${self%/*}/$target ;; esac
  done
  folder=${self%/*}
  # Tells Node where its compiled code is: in a folder that Node has made and that this user owns.
  [ -z "$NODE_COMPILE_CACHE" ] && [ -O "$cache" ] && [ -O "$cache/compiled" ] && export NODE_COMPILE_CACHE="$cache/compiled"
  known=
  [ -f "$cache/node" ] && [ -O "$cache/node" ] && IFS= read -r known <"$cache/node"
  for node in "$folder/node" "$beside/node" "$known" ''; do
    [ -n "$node" ] || node=$(command -v node)
    case $node in */*) [ -f "$node" ] && [ -x "$node" ] && exec "$node" "$folder/pull.js" "$@" ;; esac
  done
  echo "ecr-courier: no Node.js found"
  echo "ecr-courier: no Node.js found: put node (24.12 or newer) on the PATH of whoever starts ${0##*/}, or a link named node into $beside." >&2
  exit 1
}
