# Rules for golden, made by cmgdocs
# vmss, 3 VM instances, Configuration Manager 2509, public cloud
# Made with fwshift 0.40.18, not run on a device.
# What takes out again all that the rules of this site made, and nothing else.
# Where your layer has another name than Network, put it in the place of that.
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
call delete access-rule layer Network name cmg-golden_F23
call delete access-rule layer Network name cmg-golden_F09
call delete access-rule layer Network name cmg-golden_F06
call delete service-group name cmg-golden_tcp-135_445_49152-65535
call delete service-tcp name cmg-golden_tcp-135_445_49152-65535-tcp49152-65535
call delete service-tcp name cmg-golden_tcp-135_445_49152-65535-tcp445
call delete service-tcp name cmg-golden_tcp-135_445_49152-65535-tcp135
call delete service-tcp name cmg-golden_tcp-443
call delete service-tcp name cmg-golden_tcp-10124-10126
call delete group name cmg-golden_management-point
call delete group name cmg-golden_connection-point
call delete host name cmg-golden_10.0.1.6
call delete host name cmg-golden_10.0.1.7
call delete network name cmg-golden_2001-db8-2--64
call delete network name cmg-golden_10.0.2.0-24
call delete host name cmg-golden_2001-db8-5
call delete host name cmg-golden_10.0.1.5
# Domain objects stay: rules of others may use them.
