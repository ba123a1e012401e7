# Rules for golden, made by cmgdocs
# vmss, 3 VM instances, Configuration Manager 2509, public cloud
# Not run on Windows. Give each server the block of every role that it bears, in an elevated PowerShell; for a
# policy of the domain add to each line: -PolicyStore 'corp.example\NAME OF THE GPO'
# They only allow. A block rule of Windows beats every allow rule, whatever their order.
# Before: netsh advfirewall export before.wfw. What is dropped: Set-NetFirewallProfile -All -LogBlocked True.
# To take them out again: Remove-NetFirewallRule -Group 'cmgdocs golden'. Do so before you load a new state.
# No rule for F07: both ends are outside; it passes no firewall of this site
# No rule for F11: both ends are outside; it passes no firewall of this site
# No rule for F13: both ends are outside; it passes no firewall of this site
# No rule for F20: both ends are outside; it passes no firewall of this site
# No rule for F40: no source gives its ports
# No rule for aka.ms, go.microsoft.com: no source describes the connection; always allow them for every part of Configuration Manager
# These servers have other work, such as updates of the product, synchronisation of WSUS and tenant attach: a firewall that denies all else stops it.

## On CMG connection point: 10.0.1.5, 2001:db8::5
# Only where outbound connections are blocked:
New-NetFirewallRule -Group 'cmgdocs golden' -Name 'cmgdocs-golden_F06-out' -DisplayName 'F06: CMG connection point to CMG service, Channel to each of several VM instances' -Direction Outbound -Action Allow -Protocol TCP -RemotePort '10124-10126' -RemoteAddress '198.51.100.7','2001:db8:1::7'
New-NetFirewallRule -Group 'cmgdocs golden' -Name 'cmgdocs-golden_F09-out' -DisplayName 'F09: CMG connection point to Management point, Forward client requests to the management point' -Direction Outbound -Action Allow -Protocol TCP -RemotePort '443' -RemoteAddress '10.0.2.0/24','2001:db8:2::/64'

## On Management point: 10.0.2.0/24, 2001:db8:2::/64
New-NetFirewallRule -Group 'cmgdocs golden' -Name 'cmgdocs-golden_F09-in' -DisplayName 'F09: CMG connection point to Management point, Forward client requests to the management point' -Direction Inbound -Action Allow -Protocol TCP -LocalPort '443' -RemoteAddress '10.0.1.5','2001:db8::5'

## On Site server: 10.0.1.7
# Only where outbound connections are blocked:
New-NetFirewallRule -Group 'cmgdocs golden' -Name 'cmgdocs-golden_F23-out' -DisplayName 'F23: Site server to Service connection point, Manage the role' -Direction Outbound -Action Allow -Protocol TCP -RemotePort '135','445','49152-65535' -RemoteAddress '10.0.1.6'

## On Service connection point: 10.0.1.6
New-NetFirewallRule -Group 'cmgdocs golden' -Name 'cmgdocs-golden_F23-in' -DisplayName 'F23: Site server to Service connection point, Manage the role' -Direction Inbound -Action Allow -Protocol TCP -LocalPort '135','445','49152-65535' -RemoteAddress '10.0.1.7'
