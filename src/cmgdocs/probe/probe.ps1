#Requires -Version 5.1
<#
.SYNOPSIS
Tries the planned connections of one role of a site, and writes what each trial saw as JSON.

.DESCRIPTION
Not run on Windows so far: the tests of cmgdocs parse this file, and nobody has tried it there yet.
It offers TLS 1.2 only: an end that takes nothing but TLS 1.3 fails here, and may work for the product.

Not signed. Compare its SHA-256 with the one that cmgdocs printed when it wrote the file:
    Get-FileHash -Algorithm SHA256 -LiteralPath C:\Probe\probe.ps1
A file that came by a browser or by mail has a mark that keeps it from running. Once the hash is right, take it off:
    Unblock-File -LiteralPath C:\Probe\probe.ps1
Where your policy wants signed scripts, sign it with a certificate of your own; that changes its SHA-256:
    Set-AuthenticodeSignature -FilePath C:\Probe\probe.ps1 -Certificate $Certificate

It opens the connections of the list below and no others, sends no credentials, changes no setting and
installs nothing. The one file that it writes is that of -OutFile. While Windows judges a certificate it may
itself fetch missing issuers, as it does for every TLS connection.

The services of Configuration Manager connect as Local System, so run it as Local System. In an elevated
prompt, make a folder to which only administrators and Local System may write, and put this file there; if it
is there already, take another name, for whoever made it may own it:
    mkdir C:\Probe
    icacls C:\Probe /inheritance:r /grant "*S-1-5-18:(OI)(CI)F" "*S-1-5-32-544:(OI)(CI)F"
Let Local System run it:
    schtasks /Create /TN cmgdocs-probe /RU SYSTEM /SC ONCE /ST 00:00 /F /TR "powershell.exe -NoProfile -ExecutionPolicy RemoteSigned -File C:\Probe\probe.ps1 -OutFile C:\Probe\probe.json"
    schtasks /Run /TN cmgdocs-probe
A warning that the time is past does no harm: the second line starts the task. If C:\Probe\probe.json does not come,
see the last result: schtasks /Query /TN cmgdocs-probe /V /FO LIST. Once it is there, clean up:
    schtasks /Delete /TN cmgdocs-probe /F
Or with PsExec of Sysinternals, which leaves no task:
    psexec -s powershell.exe -NoProfile -ExecutionPolicy RemoteSigned -File C:\Probe\probe.ps1 -OutFile C:\Probe\probe.json
Then take the JSON to where cmgdocs is, delete C:\Probe, and run:
    cmgdocs probe SITE.toml --from ROLE --results probe.json
What no trial decides, such as UDP and dynamic ports, is listed there.

A policy that your domain sets outweighs RemoteSigned; where it refuses the file, sign it.

.PARAMETER OutFile
The file for the JSON, which is replaced if it is there. Its folder has to exist. Without it the JSON
is the output. Use it rather than > of Windows PowerShell, which writes UTF-16.

.PARAMETER TimeoutSeconds
About how long the trial of one target may take in all; Windows may take longer to judge a certificate, and needs
about two seconds to see that a port is closed.
#>
[CmdletBinding()]
param(
    [Parameter()]
    [string] $OutFile = '',

    [Parameter()]
    [ValidateRange(3, 120)]
    [int] $TimeoutSeconds = 5
)

Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

#region Data of the plan, the only part that cmgdocs writes
$Site = ''
$Role = ''
$Targets = @()
$Untried = @()
#endregion

# The trial of one target, in a runspace of its own: it gets no variables but its two parameters.
$Trial = {
    param([hashtable] $Target, [int] $Milliseconds)

    Set-StrictMode -Version Latest
    $ErrorActionPreference = 'Stop'

    # ---- What the steps have in common ----

    # Returns the milliseconds that are left of the trial's time, and ends the trial if there are none.
    function Get-Rest {
        $rest = $Milliseconds - $Clock.ElapsedMilliseconds
        if ($rest -lt 1) {
            throw [System.TimeoutException]::new('after ' + [string] $Milliseconds + ' ms')
        }
        return [int] $rest
    }

    # Ends the trial, or that of a path: what was seen, in the words of the facts, and whether that decides anything.
    function Exit-Trial {
        param([string] $Seen, [string] $Said, [string] $Status = 'fails')
        $State['End'] = @{ 'Seen' = $Seen; 'Said' = $Said; 'Status' = $Status }
        throw [System.InvalidOperationException]::new($Said)
    }

    # Finds an exception of one type in an exception and all that it wraps.
    function Find-Exception {
        param([System.Exception] $Within, [type] $Type)
        while ($null -ne $Within) {
            if ($Within -is $Type) {
                return $Within
            }
            $Within = $Within.InnerException
        }
        return $null
    }

    # Returns the name of a socket's error, the same in every language of Windows; empty where there is none.
    function Get-SocketCode {
        param([System.Exception] $Within)
        $found = Find-Exception -Within $Within -Type ([System.Net.Sockets.SocketException])
        if ($null -eq $found) {
            return ''
        }
        return [string] $found.SocketErrorCode
    }

    # ---- The steps, in their order ----

    # Looks a name up, and notes its addresses and the name at the end of its aliases.
    function Resolve-Name {
        param([string] $Name)
        $State['Step'] = 'name'
        $address = $null
        if ([System.Net.IPAddress]::TryParse($Name, [ref] $address)) {
            if ($Name -eq $Target['Host']) {
                $State['Address'] = $address.ToString()
            }
            return $address
        }
        $task = [System.Net.Dns]::GetHostEntryAsync($Name)
        if (-not $task.Wait((Get-Rest))) {
            throw [System.TimeoutException]::new('no answer for ' + $Name)
        }
        $entry = $task.Result
        if ($Name -eq $Target['Host']) {
            $State['Address'] = [string]::Join(', ', @(foreach ($one in $entry.AddressList) { $one.ToString() }))
            $canonical = $entry.HostName.TrimEnd([char] '.').ToLowerInvariant()
            if ($canonical -ne $Name) {
                $State['Alias'] = $canonical
            }
        }
        return $entry.AddressList
    }

    # Connects to the first of several addresses that answers, each tried a little later than the one before.
    function Open-Connection {
        param([System.Net.IPAddress[]] $Address, [int] $Port)
        $State['Step'] = 'connection'
        $State['Codes'].Clear()
        $attempts = [System.Collections.Generic.List[hashtable]]::new()
        $next = 0
        while ($next -lt $Address.Count -or $attempts.Count -gt 0) {
            $span = Get-Rest
            if ($next -lt $Address.Count) {
                $client = [System.Net.Sockets.TcpClient]::new($Address[$next].AddressFamily)
                $Opened.Add($client)
                $task = $client.ConnectAsync($Address[$next], $Port)
                $attempts.Add(@{ 'Address' = $Address[$next]; 'Client' = $client; 'Task' = $task })
                $next = $next + 1
                if ($next -lt $Address.Count) {
                    $span = [System.Math]::Min(250, $span)
                }
            }
            $tasks = [System.Threading.Tasks.Task[]] @(foreach ($attempt in $attempts) { $attempt['Task'] })
            $at = [System.Threading.Tasks.Task]::WaitAny($tasks, $span)
            if ($at -lt 0) {
                continue
            }
            $attempt = $attempts[$at]
            $attempts.RemoveAt($at)
            if (-not $attempt['Task'].IsFaulted) {
                $State['Address'] = $attempt['Address'].ToString()
                return $attempt['Client']
            }
            $State['Codes'].Add((Get-SocketCode -Within $attempt['Task'].Exception))
        }
        throw [System.Net.Sockets.SocketException]::new([int] [System.Net.Sockets.SocketError]::HostUnreachable)
    }

    # Sends lines of ASCII, and an empty one after them.
    function Send-Request {
        param([System.IO.Stream] $Stream, [string[]] $Line)
        $bytes = [System.Text.Encoding]::ASCII.GetBytes([string]::Join("`r`n", $Line) + "`r`n`r`n")
        $Stream.WriteTimeout = Get-Rest
        $Stream.Write($bytes, 0, $bytes.Length)
        $Stream.Flush()
    }

    # Reads an answer of HTTP up to its body, byte by byte so that nothing more is read.
    function Read-Answer {
        param([System.IO.Stream] $Stream)
        $text = [System.Text.StringBuilder]::new()
        $whole = $false
        while (-not $whole) {
            $Stream.ReadTimeout = Get-Rest
            $byte = $Stream.ReadByte()
            if ($byte -lt 0) {
                throw [System.IO.InvalidDataException]::new('closed before an answer')
            }
            [void] $text.Append([char] $byte)
            $length = $text.Length
            if ($length -gt 65536 -or ($length -le 5 -and $text.ToString() -cne 'HTTP/'.Substring(0, $length))) {
                throw [System.IO.InvalidDataException]::new('no answer of HTTP')
            }
            $whole = $byte -eq 10 -and $text.ToString().EndsWith("`r`n`r`n", [System.StringComparison]::Ordinal)
        }
        $lines = $text.ToString() -split "`r`n"
        if (-not ($lines[0] -match '\AHTTP/[0-9.]+ ([0-9]{3})(?: |\z)')) {
            throw [System.IO.InvalidDataException]::new('no answer of HTTP')
        }
        $answer = @{ 'Status' = [int] $Matches[1]; 'Line' = $lines[0].Substring($lines[0].IndexOf([char] ' ') + 1); 'Place' = '' }
        foreach ($field in $lines) {
            if ($answer['Place'] -eq '' -and $field -match '\A(?i:location):[ \t]*(.*?)[ \t]*\z') {
                $answer['Place'] = $Matches[1]
            }
        }
        return $answer
    }

    # Has the web proxy connect to the target, or asks it for the target's first page where there is no TLS.
    function Open-Tunnel {
        param([System.IO.Stream] $Stream)
        $State['Step'] = 'proxy'
        $place = $Target['Place']
        $asked = "HEAD http://$place/"
        if ($Target['Tls']) {
            $asked = "CONNECT $place"
        }
        Send-Request -Stream $Stream -Line @("$asked HTTP/1.1", "Host: $place")
        $answer = Read-Answer -Stream $Stream
        $said = "$asked answered with '" + $answer['Line'] + "'"
        $status = $answer['Status']
        if ($status -eq 407) {
            Exit-Trial -Seen 'the proxy asks for credentials' -Said $said
        }
        if ($status -in @(502, 503, 504)) {
            Exit-Trial -Seen 'the proxy does not reach it' -Said $said
        }
        if ($Target['Tls'] -and ($status -lt 200 -or $status -gt 299)) {
            Exit-Trial -Seen 'the proxy refuses' -Said $said
        }
        if (-not $Target['Tls'] -and $status -eq 403) {
            # Said by the proxy, or by whom it asked.
            Exit-Trial -Seen 'the proxy refuses' -Said $said -Status 'undecided'
        }
    }

    # Shakes hands by TLS 1.2, which both PowerShells have on every Windows, and judges the certificate afterwards:
    # meanwhile every certificate is accepted, so that all that is wrong with one is seen.
    function Protect-Stream {
        param([System.IO.Stream] $Stream)
        $State['Step'] = 'tls'
        $shown = @{}
        $look = {
            param($Asking, $Certificate, $Chain, $Fault)
            $shown['Fault'] = $Fault
            if ($null -ne $Certificate) {
                $shown['Certificate'] = [System.Security.Cryptography.X509Certificates.X509Certificate2]::new($Certificate)
                $shown['Chain'] = @(foreach ($one in $Chain.ChainElements) { $one.Certificate.Subject })
                $shown['Status'] = @(foreach ($one in $Chain.ChainStatus) { [string] $one.Status })
            }
            return $true
        }
        $callback = [System.Net.Security.RemoteCertificateValidationCallback] $look
        $tls = [System.Net.Security.SslStream]::new($Stream, $false, $callback)
        $tls.ReadTimeout = Get-Rest
        $tls.WriteTimeout = Get-Rest
        $name = $Target['ServerName']
        if ($name -eq '') {
            $name = $Target['Host']
        }
        $tls.AuthenticateAsClient($name, $null, [System.Security.Authentication.SslProtocols]::Tls12, $false)
        if (-not $shown.ContainsKey('Certificate')) {
            Exit-Trial -Seen 'certificate not accepted' -Said 'no certificate'
        }
        $State['Tls'] = ConvertTo-Tls -Shown $shown -Stream $tls
        if ($Target['Trust'] -ne 'the product itself') {
            Confirm-Certificate -Shown $shown
        }
        return $tls
    }

    # Reads the DNS names and addresses among a certificate's alternative names (RFC 5280, 4.2.1.6) from their bytes:
    # the text that Windows makes of them depends on its language, and other kinds of names may have commas.
    function Read-Name {
        param([byte[]] $Raw)
        $at = 0
        while ($at + 1 -lt $Raw.Length) {
            $tag = [int] $Raw[$at]
            $length = [int] $Raw[$at + 1]
            $at = $at + 2
            if ($length -gt 128) {
                $more = $length - 128
                $length = 0
                while ($more -gt 0 -and $at -lt $Raw.Length) {
                    $length = 256 * $length + $Raw[$at]
                    $at = $at + 1
                    $more = $more - 1
                }
            }
            if ($at + $length -gt $Raw.Length) {
                break
            }
            if ($tag -eq 0x82) {
                [System.Text.Encoding]::ASCII.GetString($Raw, $at, $length)
            }
            if ($tag -eq 0x87 -and $length -in @(4, 16)) {
                [System.Net.IPAddress]::new([byte[]] $Raw[$at..($at + $length - 1)]).ToString()
            }
            # The list itself is entered, all else is passed over.
            if ($tag -ne 0x30) {
                $at = $at + $length
            }
        }
    }

    # Describes a handshake that was completed.
    function ConvertTo-Tls {
        param([hashtable] $Shown, [System.Net.Security.SslStream] $Stream)
        $certificate = $Shown['Certificate']
        $names = @(
            foreach ($extension in $certificate.Extensions) {
                if ($extension.Oid.Value -eq '2.5.29.17') {
                    Read-Name -Raw $extension.RawData
                }
            }
        )
        $culture = [System.Globalization.CultureInfo]::InvariantCulture
        return [ordered]@{
            'protocol' = [string] $Stream.SslProtocol
            'cipher'   = [string] $Stream.CipherAlgorithm
            'subject'  = $certificate.Subject
            'issuer'   = $certificate.Issuer
            'names'    = $names
            'until'    = $certificate.NotAfter.ToUniversalTime().ToString('yyyy-MM-dd', $culture)
            'chain'    = $Shown['Chain']
        }
    }

    # Ends the trial if a certificate is not accepted: first for its issuer, then for its name, last for its dates.
    function Confirm-Certificate {
        param([hashtable] $Shown)
        $fault = $Shown['Fault']
        $status = $Shown['Status']
        $policy = [System.Net.Security.SslPolicyErrors]
        $certificate = $Shown['Certificate']
        $said = [string]::Join(', ', @([string] $fault) + $status)
        $said = $said + '; subject ' + $certificate.Subject + ', issuer ' + $certificate.Issuer
        $said = $said + ', until ' + $State['Tls']['until']
        $seen = ''
        if ($status -match 'UntrustedRoot|PartialChain') {
            $seen = 'unknown issuer'
        }
        elseif ($Target['ChecksName'] -and $fault.HasFlag($policy::RemoteCertificateNameMismatch)) {
            $seen = 'certificate for another name'
        }
        elseif ($status -match 'NotTimeValid') {
            $seen = 'expired certificate'
            if ($certificate.NotBefore -gt [System.DateTime]::Now) {
                $seen = 'certificate not yet valid'
            }
        }
        elseif ($fault.HasFlag($policy::RemoteCertificateChainErrors)) {
            $seen = 'certificate not accepted'
        }
        if ($seen -ne '') {
            $State['Tls']['protocol'] = ''
            $State['Tls']['cipher'] = ''
            Exit-Trial -Seen $seen -Said $said
        }
    }

    # Goes the whole way to the target, and returns what to read from and write to; nothing where only a name is tried.
    function Open-Target {
        $name = $Target['Host']
        $port = $Target['Port']
        if ($null -ne $Target['Proxy']) {
            $at = $Target['Proxy'].LastIndexOf(':')
            $name = $Target['Proxy'].Substring(0, $at).Trim([char[]] '[]')
            $port = [int] $Target['Proxy'].Substring($at + 1)
        }
        $address = @(Resolve-Name -Name $name)
        if ($Target['NameOnly']) {
            return $null
        }
        $client = Open-Connection -Address $address -Port $port
        $State['Client'] = $client
        $stream = $client.GetStream()
        if ($null -ne $Target['Proxy']) {
            Open-Tunnel -Stream $stream
        }
        if ($Target['Tls']) {
            return Protect-Stream -Stream $stream
        }
        return $stream
    }

    # Asks a target for a path without credentials, over a connection of its own. A redirect is not followed.
    function Request-Path {
        param([string] $Path)
        $stream = Open-Target
        $State['Step'] = 'request'
        $name = $Target['Place']
        if ($Target['Port'] -in @(80, 443)) {
            $name = $name.Substring(0, $name.LastIndexOf(':'))
        }
        Send-Request -Stream $stream -Line @("GET $Path HTTP/1.1", "Host: $name", 'Accept: */*', 'Connection: close')
        return Read-Answer -Stream $stream
    }

    # ---- What they have seen ----

    # Says whether a redirect leads to the folder of that name on the same host, as IIS does for a missing slash.
    function Test-Folder {
        param([string] $Place, [string] $Path)
        if (-not ($Place -match '\A(?:(?:[A-Za-z]+:)?//(?:[^/?#]*@)?(\[[^\]]*\]|[^/?#:]*)(?::[0-9]*)?)?(/[^?#]*)')) {
            return $false
        }
        $server = [string] $Matches[1]
        return $Matches[2] -ceq "$Path/" -and ($server -eq '' -or $server.Trim([char[]] '[]') -eq $Target['Host'])
    }

    # Says what the status of an answer to a request without credentials shows.
    function Get-AnswerOutcome {
        param([string] $Path, [hashtable] $Answer)
        $status = $Answer['Status']
        $said = "'" + $Answer['Line'] + "'"
        if ($Answer['Place'] -ne '') {
            $said = $said + ' to ' + $Answer['Place']
        }
        $folder = Test-Folder -Place $Answer['Place'] -Path $Path
        if (($status -ge 200 -and $status -lt 300) -or ($status -ge 300 -and $status -lt 400 -and $folder)) {
            return Get-Outcome -Path $Path -Status 'works' -Said $said
        }
        if ($status -ge 300 -and $status -lt 400) {
            return Get-Outcome -Path $Path -Status 'fails' -Seen 'redirected' -Said $said
        }
        if ($status -ge 500) {
            return Get-Outcome -Path $Path -Status 'fails' -Seen 'status 500 or above' -Said $said
        }
        $seen = ''
        if ($status -eq 401) {
            $seen = 'status 401'
        }
        if ($status -eq 403) {
            $seen = 'status 403'
            if ($Target['Trust'] -eq 'an authority that this server trusts') {
                $seen = 'a client certificate is wanted'
            }
        }
        if ($status -eq 404) {
            $seen = 'status 404'
        }
        return Get-Outcome -Path $Path -Status 'undecided' -Seen $seen -Said $said
    }

    # Says what an exception shows, by the step in which it came. One that no network throws decides nothing.
    function Get-FailureOutcome {
        param([System.Exception] $Failure, [string] $Path = '')
        $end = $State['End']
        if ($null -ne $end) {
            $State['End'] = $null
            return Get-Outcome -Path $Path -Status $end['Status'] -Seen $end['Seen'] -Said $end['Said']
        }
        $inner = $Failure
        while ($null -ne $inner.InnerException) {
            $inner = $inner.InnerException
        }
        $said = $inner.Message
        $code = Get-SocketCode -Within $Failure
        $late = $code -eq 'TimedOut' -or $inner -is [System.TimeoutException]
        $tls = $inner -is [System.Security.Authentication.AuthenticationException] -or $inner -is [System.ComponentModel.Win32Exception]
        $read = $inner -is [System.IO.IOException] -or $inner -is [System.IO.InvalidDataException]
        if ($late -and $Path -ne '' -and 2 * $State['Began'] -gt $Milliseconds) {
            # What came before it took most of the time.
            return Get-Outcome -Path $Path -Status 'undecided' -Said 'no time left'
        }
        if ($late -and $Clock.ElapsedMilliseconds -gt $Milliseconds + 2000) {
            # A read on Windows waits half a second at least, and 32 trials whose time is up at once take a second
            # to say so. What comes later than both has waited for this machine.
            return Get-Outcome -Path $Path -Status 'undecided' -Said 'far past its time: this machine may be too busy'
        }
        if (-not ($late -or $tls -or $read -or $code -ne '')) {
            return Get-Outcome -Path $Path -Status 'undecided' -Said ($inner.GetType().FullName + ': ' + $said)
        }
        switch ($State['Step']) {
            'name' {
                $seen = 'no such name'
                if ($late -or $code -in @('TryAgain', 'NoRecovery')) {
                    $seen = 'no answer from DNS'
                }
            }
            'connection' {
                $codes = $State['Codes']
                foreach ($short in @('TooManyOpenSockets', 'NoBufferSpaceAvailable', 'AddressNotAvailable')) {
                    if ($codes.Contains($short)) {
                        return Get-Outcome -Path $Path -Status 'undecided' -Said ('this machine has no more sockets: ' + $short)
                    }
                }
                $seen = 'unreachable'
                if ($late -or $codes.Contains('TimedOut')) {
                    $seen = 'no answer'
                }
                if ($codes.Contains('ConnectionRefused')) {
                    $seen = 'refused'
                }
                $said = [string]::Join(', ', @($State['Address']) + $codes.ToArray() + @(if ($late) { $said }))
                if ($null -ne $Target['Proxy']) {
                    $said = $seen
                    $seen = 'no answer from the proxy'
                }
            }
            'proxy' {
                # One that takes the request and waits does so for the target.
                $seen = 'no answer from the proxy'
                if ($late) {
                    $seen = 'the proxy does not reach it'
                }
            }
            'tls' {
                return Get-TlsOutcome -Path $Path -Failure $Failure -Said $said -Late $late
            }
            default {
                $seen = 'closed before an answer'
            }
        }
        if ($null -ne $Target['Proxy'] -and $State['Step'] -ne 'request') {
            $said = 'the proxy ' + $Target['Proxy'] + ': ' + $said
        }
        return Get-Outcome -Path $Path -Status 'fails' -Seen $seen -Said $said
    }

    # Says what a handshake that came to nothing shows, by the code that Windows has for it, if any.
    function Get-TlsOutcome {
        param([string] $Path, [System.Exception] $Failure, [string] $Said, [bool] $Late)
        if ($Late) {
            return Get-Outcome -Path $Path -Status 'fails' -Seen 'no answer during the TLS handshake' -Said $Said
        }
        $windows = Find-Exception -Within $Failure -Type ([System.ComponentModel.Win32Exception])
        if ($null -ne $windows -and $windows -isnot [System.Net.Sockets.SocketException]) {
            # SEC_E_ALGORITHM_MISMATCH: no version or cipher in common. Other codes are those of several causes.
            if ($windows.NativeErrorCode -eq -2146893007) {
                return Get-Outcome -Path $Path -Status 'fails' -Seen 'no common TLS version or cipher' -Said $Said
            }
            return Get-Outcome -Path $Path -Status 'undecided' -Said $Said
        }
        # Of what is no TLS, Windows PowerShell leaves the rest unread; PowerShell 7 throws another exception.
        $tls = Find-Exception -Within $Failure -Type ([System.Security.Authentication.AuthenticationException])
        $unread = 0
        if ($null -eq $windows) {
            try {
                $unread = $State['Client'].Available
            }
            catch {
                $unread = 0
            }
        }
        if ($null -ne $tls -or $unread -gt 0) {
            return Get-Outcome -Path $Path -Status 'fails' -Seen 'an answer without TLS' -Said $Said
        }
        return Get-Outcome -Path $Path -Status 'fails' -Seen 'closed during the TLS handshake' -Said $Said
    }

    # Describes what works: the address, the alias and the certificate.
    function Get-Description {
        $parts = [System.Collections.Generic.List[string]]::new()
        $parts.Add($State['Address'])
        if ($State['Alias'] -ne '') {
            $parts.Add('alias of ' + $State['Alias'])
        }
        if ($null -ne $State['Tls']) {
            $tls = $State['Tls']
            $parts.Add($tls['protocol'] + ', issuer ' + $tls['issuer'] + ', until ' + $tls['until'])
        }
        return [string]::Join('; ', $parts.ToArray())
    }

    # Puts a result together. What belongs to the connection is in that of the target, not in those of its paths.
    function Get-Outcome {
        param([string] $Path = '', [string] $Status, [string] $Seen = '', [string] $Said = '')
        $outcome = [ordered]@{
            'path'    = $Path
            'status'  = $Status
            'seen'    = $null
            'said'    = $Said
            'address' = ''
            'alias'   = ''
            'ms'      = [int] ($Clock.ElapsedMilliseconds - $State['Began'])
            'tls'     = $null
        }
        if ($Seen -ne '') {
            $outcome['seen'] = $Seen
        }
        if ($Path -eq '') {
            $outcome['address'] = $State['Address']
            $outcome['alias'] = $State['Alias']
            $outcome['tls'] = $State['Tls']
        }
        return $outcome
    }

    $Clock = [System.Diagnostics.Stopwatch]::StartNew()
    $Opened = [System.Collections.Generic.List[System.Net.Sockets.TcpClient]]::new()
    $State = @{
        'Step'    = 'name'
        'End'     = $null
        'Began'   = 0
        'Codes'   = [System.Collections.Generic.List[string]]::new()
        'Address' = ''
        'Alias'   = ''
        'Client'  = $null
        'Tls'     = $null
    }
    try {
        try {
            [void] (Open-Target)
            Get-Outcome -Status 'works' -Said (Get-Description)
        }
        catch {
            Get-FailureOutcome -Failure $_.Exception
            return
        }
        foreach ($path in $Target['Paths']) {
            $State['Began'] = $Clock.ElapsedMilliseconds
            if ($State['Began'] -ge $Milliseconds) {
                Get-Outcome -Path $path -Status 'undecided' -Said 'no time left'
                continue
            }
            try {
                Get-AnswerOutcome -Path $path -Answer (Request-Path -Path $path)
            }
            catch {
                Get-FailureOutcome -Path $path -Failure $_.Exception
            }
        }
    }
    finally {
        foreach ($client in $Opened) {
            $client.Close()
        }
    }
}

# ---- Where the document goes, before anything is contacted ----

$place = ''
if ($OutFile -ne '') {
    $place = $PSCmdlet.GetUnresolvedProviderPathFromPSPath($OutFile)
    if ([System.IO.Directory]::Exists($place) -or -not [System.IO.Directory]::Exists([System.IO.Path]::GetDirectoryName($place))) {
        throw [System.IO.IOException]::new("-OutFile: found $place; allowed: a file in a folder that exists")
    }
}

# ---- All trials at once, so that the whole takes about as long as one; 32 at most, for each takes a thread ----

$atOnce = [System.Math]::Max(1, [System.Math]::Min(32, $Targets.Count))
# Names are looked up in threads of this process, of which it would start but few at a time.
[void] [System.Threading.ThreadPool]::SetMinThreads($atOnce + 8, $atOnce + 8)
$pool = [System.Management.Automation.Runspaces.RunspaceFactory]::CreateRunspacePool(1, $atOnce)
$clock = [System.Diagnostics.Stopwatch]::StartNew()
$started = [System.Collections.Generic.List[hashtable]]::new()
$severities = [System.Collections.Generic.List[string]]::new()
$results = [System.Collections.Generic.List[object]]::new()
try {
    $pool.Open()
    foreach ($target in $Targets) {
        $shell = [System.Management.Automation.PowerShell]::Create()
        $shell.RunspacePool = $pool
        [void] $shell.AddScript($Trial.ToString()).AddArgument($target).AddArgument(1000 * $TimeoutSeconds)
        $started.Add(@{ 'Target' = $target; 'Shell' = $shell; 'Running' = $shell.BeginInvoke() })
    }

    # A trial ends itself; should one hang in a call of the system, the others are waited for and it is
    # stopped, which nobody waits for.
    $patience = 1000 * (10 + $TimeoutSeconds * [System.Math]::Ceiling($Targets.Count / $atOnce))
    foreach ($one in $started) {
        $outcomes = @()
        $said = 'the trial did not end'
        $rest = [int] [System.Math]::Max(0, $patience - $clock.ElapsedMilliseconds)
        if ($one['Running'].AsyncWaitHandle.WaitOne($rest)) {
            try {
                $outcomes = @($one['Shell'].EndInvoke($one['Running']))
            }
            catch {
                $said = $_.Exception.Message
            }
        }
        if ($outcomes.Count -eq 0) {
            $outcomes = @(@{ 'path' = ''; 'status' = 'undecided'; 'seen' = $null; 'said' = $said; 'address' = ''; 'alias' = ''; 'ms' = 0; 'tls' = $null })
        }
        foreach ($outcome in $outcomes) {
            $name = $one['Target']['Name']
            if ($outcome['path'] -ne '') {
                $name = $name + ' ' + $outcome['path']
            }
            $severity = 'fault'
            if ($outcome['status'] -eq 'works') {
                $severity = 'none'
            }
            elseif ($one['Target']['Comparison']) {
                $severity = 'note'
            }
            elseif ($outcome['status'] -eq 'undecided') {
                $severity = 'doubt'
            }
            $severities.Add($severity)
            $results.Add([ordered]@{
                    'name'     = $name
                    'flow'     = $one['Target']['Flow']
                    'role'     = $one['Target']['Role']
                    'target'   = [ordered]@{
                        'host'       = $one['Target']['Host']
                        'port'       = $one['Target']['Port']
                        'protocol'   = $one['Target']['Protocol']
                        'proxy'      = $one['Target']['Proxy']
                        'comparison' = $one['Target']['Comparison']
                        'trust'      = $one['Target']['Trust']
                    }
                    'path'     = $outcome['path']
                    'status'   = $outcome['status']
                    'severity' = $severity
                    'seen'     = $outcome['seen']
                    'said'     = $outcome['said']
                    'cause'    = $null
                    'address'  = $outcome['address']
                    'alias'    = $outcome['alias']
                    'ms'       = $outcome['ms']
                    'tls'      = $outcome['tls']
                })
        }
    }
}
finally {
    foreach ($one in $started) {
        if ($one['Running'].IsCompleted) {
            $one['Shell'].Dispose()
        }
        else {
            [void] $one['Shell'].BeginStop($null, $null)
        }
    }
    [void] $pool.BeginClose($null, $null)
}

# ---- The document, in the form of 'cmgdocs probe --json'. Causes are not in it: they come of the facts ----

$verdict = 'works'
if ($results.Count -eq 0 -or $severities.Contains('doubt')) {
    $verdict = 'undecided'
}
if ($severities.Contains('fault')) {
    $verdict = 'fails'
}
$document = [ordered]@{
    'site'     = $Site
    'role'     = $Role
    'by'       = 'powershell'
    'verdict'  = $verdict
    'results'  = $results.ToArray()
    'untried'  = @(
        foreach ($item in $Untried) {
            [ordered]@{ 'flow' = $item['Flow']; 'role' = $item['Role']; 'what' = $item['What']; 'reason' = $item['Reason'] }
        }
    )
    'warnings' = @('written by the PowerShell script, which names no causes')
}
$json = ConvertTo-Json -InputObject $document -Depth 8
if ($OutFile -eq '') {
    Write-Output -InputObject $json
}
else {
    [System.IO.File]::WriteAllText($place, $json, [System.Text.UTF8Encoding]::new($false))
}
