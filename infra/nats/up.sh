#!/usr/bin/env bash
# Brings up from nothing, in a folder that is new or empty, and shows that it works:
#   up.sh town FOLDER       a town by itself, with its own server
#   up.sh hub FOLDER        a hub, and a town that is a leaf of it, on this one machine
#   up.sh cluster FOLDER    a hub on three machines, which here are three addresses of this one (Linux), and a town
#   up.sh down FOLDER       stops whatever of these is in the folder
set -euo pipefail
usage() { sed -n '3,6s/^# *//p' "$0" >&2; exit 2; }
[ $# -eq 2 ] || usage
mkdir -p "$2"
folder=$(cd "$2" && pwd)
town=$folder/home
hosts=127.0.0.1,127.0.0.2,127.0.0.3

new_town() {
  gt install "$town" --name home
  gt up --town "$town"
}

join() { # HUB
  gt join "$(gt hub invite home --hub "$1")" --town "$town"
  gt hub status --hub "$1"
}

# Each waits until more than half of them are there.
all_machines() { # VERB
  local running=() one
  for one in "$folder"/hubs/*; do
    gt hub "$1" --hub "$one" &
    running+=($!)
  done
  for one in "${running[@]}"; do wait "$one"; done
}

case $1 in
  town)
    new_town
    gt status --town "$town"
    ;;
  hub)
    gt hub init "$folder/hub"
    gt hub up --hub "$folder/hub"
    new_town
    join "$folder/hub"
    ;;
  cluster)
    gt hub init "$folder/hubs" --cluster "$hosts"
    all_machines up
    new_town
    join "$folder/hubs/127.0.0.2"
    ;;
  down)
    [ ! -d "$town" ] || gt down --town "$town"
    [ ! -d "$folder/hub" ] || gt hub down --hub "$folder/hub"
    [ ! -d "$folder/hubs" ] || all_machines down
    ;;
  *) usage ;;
esac
