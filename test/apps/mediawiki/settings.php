
// Added to what the installer has written.
// Pages for readers who are not logged in say s-maxage: without this they all say private.
$wgUseCdn = true;
$wgCdnMaxAge = 600;
// The proxy is believed when it tells the address of a reader.
$wgCdnServersNoPurge = ['127.0.0.1'];
$wgUsePrivateIPs = true;
$wgJobRunRate = 0;
$wgShowExceptionDetails = true;
$wgArticlePath = '/wiki/$1';
// Where a file beside this one names caches, they are told of what was changed.
if (is_file(__DIR__ . '/caches')) $wgCdnServers = file(__DIR__ . '/caches', FILE_IGNORE_NEW_LINES);
