# Rules for golden, made by cmgdocs
# vmss, 3 VM instances, Configuration Manager 2509, public cloud
# Made with fwshift 0.40.18, not run on a device.
# Rules come first in the layer Network, above all of yours; they name no zones.
# Log in: mgmt_cli login user YOU > cmgdocs.sid; run: sh FILE; look at the session in SmartConsole, then
# mgmt_cli publish -s cmgdocs.sid, or discard. Install the policy yourself. MGMT_OPTS holds more switches.
# No NAT is written, and yours stays as it is: the rules name the hosts' own addresses.
# DNS names are FQDN objects: the device looks them up itself, and needs DNS configured.
# To take it out again, before the site file changes: cmgdocs rules SITE.toml --dialect check-point --remove
# No rule for F07: both ends are outside; it passes no firewall of this site
# No rule for F11: both ends are outside; it passes no firewall of this site
# No rule for F13: both ends are outside; it passes no firewall of this site
# No rule for F20: both ends are outside; it passes no firewall of this site
# No rule for F40: no source gives its ports
# No rule for aka.ms, go.microsoft.com: no source describes the connection; always allow them for every part of Configuration Manager
# These servers have other work, such as updates of the product, synchronisation of WSUS and tenant attach: a firewall that denies all else stops it.

SID="${SID:-cmgdocs.sid}"
call() {
    said=$(mgmt_cli "$@" $MGMT_OPTS -s "$SID" 2>&1) && return
    printf '%s\n' "$said" "Stopped at: mgmt_cli $*" "Nothing is published. Undo: mgmt_cli discard -s $SID" >&2
    exit 1
}
domain() { # rules of others may have it already
    mgmt_cli show dns-domain name "$1" $MGMT_OPTS -s "$SID" >/dev/null 2>&1 ||
        call add dns-domain name "$1" is-sub-domain false
}
call add host name cmg-golden_10.0.1.5 ip-address 10.0.1.5 ignore-warnings true
call add host name cmg-golden_2001-db8-5 ip-address 2001:db8::5 ignore-warnings true
domain .contoso.westeurope.cloudapp.azure.com
call add network name cmg-golden_10.0.2.0-24 subnet 10.0.2.0 mask-length 24 ignore-warnings true
call add network name cmg-golden_2001-db8-2--64 subnet 2001:db8:2:: mask-length 64 ignore-warnings true
call add host name cmg-golden_10.0.1.7 ip-address 10.0.1.7 ignore-warnings true
call add host name cmg-golden_10.0.1.6 ip-address 10.0.1.6 ignore-warnings true
call add group name cmg-golden_connection-point members.1 cmg-golden_10.0.1.5 members.2 cmg-golden_2001-db8-5 ignore-warnings true
call add group name cmg-golden_management-point members.1 cmg-golden_10.0.2.0-24 members.2 cmg-golden_2001-db8-2--64 ignore-warnings true
call add service-tcp name cmg-golden_tcp-10124-10126 port 10124-10126 match-for-any false ignore-warnings true
call add service-tcp name cmg-golden_tcp-443 port 443 match-for-any false ignore-warnings true
call add service-tcp name cmg-golden_tcp-135_445_49152-65535-tcp135 port 135 match-for-any false ignore-warnings true
call add service-tcp name cmg-golden_tcp-135_445_49152-65535-tcp445 port 445 match-for-any false ignore-warnings true
call add service-tcp name cmg-golden_tcp-135_445_49152-65535-tcp49152-65535 port 49152-65535 match-for-any false ignore-warnings true
call add service-group name cmg-golden_tcp-135_445_49152-65535 members.1 cmg-golden_tcp-135_445_49152-65535-tcp135 members.2 cmg-golden_tcp-135_445_49152-65535-tcp445 members.3 cmg-golden_tcp-135_445_49152-65535-tcp49152-65535 ignore-warnings true
call add access-rule layer Network position 1 name cmg-golden_F06 source.1 cmg-golden_connection-point destination.1 .contoso.westeurope.cloudapp.azure.com service.1 cmg-golden_tcp-10124-10126 action Accept track.type Log comments 'CMG connection point to CMG service, Channel to each of several VM instances' ignore-warnings true
call add access-rule layer Network position 2 name cmg-golden_F09 source.1 cmg-golden_connection-point destination.1 cmg-golden_management-point service.1 cmg-golden_tcp-443 action Accept track.type Log comments 'CMG connection point to Management point, Forward client requests to the management point' ignore-warnings true
call add access-rule layer Network position 3 name cmg-golden_F23 source.1 cmg-golden_10.0.1.7 destination.1 cmg-golden_10.0.1.6 service.1 cmg-golden_tcp-135_445_49152-65535 action Accept track.type Log comments 'Site server to Service connection point, Manage the role' ignore-warnings true
