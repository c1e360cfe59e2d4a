# What answers and what asks in a network namespace, over TCP, UDP and SCTP.
#
#     talk.pl answer NAME     port 80 of TCP and SCTP, port 53 of UDP: its name and the caller's address, for each message
#     talk.pl ask SECONDS     lines `tcp HOST PORT [NAME]`, `sctp HOST PORT`, `udp HOST PORT FROM`: the answer, or an error's code;
#                             a connection with a name stays, and is asked again under that name
use strict;
use warnings;
use Errno;
use Socket qw(:all);

$| = 1;
$SIG{PIPE} = 'IGNORE';
my %kinds = (tcp => [SOCK_STREAM, 6], sctp => [SOCK_STREAM, 132], udp => [SOCK_DGRAM, 17]);
my ($verb, $word) = @ARGV;
$verb eq 'answer' ? answer($word) : ask($word);

sub answer {
  my ($name) = @_;
  my (%listening, %talking, $udp);
  for my $kind ('tcp', 'sctp', 'udp') {
    my ($type, $protocol) = @{ $kinds{$kind} };
    socket(my $s, AF_INET6, $type, $protocol) or next; # a kernel without SCTP
    setsockopt($s, SOL_SOCKET, SO_REUSEADDR, 1);
    bind($s, pack_sockaddr_in6($kind eq 'udp' ? 53 : 80, IN6ADDR_ANY)) or die "$kind: $!";
    if ($kind eq 'udp') { $udp = $s } else { listen($s, 128); $listening{ fileno $s } = $s }
  }
  my $say = sub { my ($port, $ip) = unpack_sockaddr_in6($_[0]); my $text = inet_ntop(AF_INET6, $ip); $text =~ s/^::ffff://; "$name $text" };
  print "ready\n";
  for (;;) {
    my $wanted = '';
    vec($wanted, fileno $_, 1) = 1 for $udp, values %listening, map { $_->[0] } values %talking;
    select($wanted, undef, undef, undef) > 0 or next;
    if (vec($wanted, fileno $udp, 1)) { my $from = recv($udp, my $data, 2048, 0); send($udp, $say->($from), 0, $from) if defined $from && length $from }
    for my $s (values %listening) {
      next unless vec($wanted, fileno $s, 1);
      my $peer = accept(my $c, $s) or next;
      $talking{ fileno $c } = [$c, $say->($peer)];
    }
    for my $fd (keys %talking) {
      my ($c, $text) = @{ $talking{$fd} };
      next unless vec($wanted, $fd, 1);
      if (sysread($c, my $data, 2048)) { syswrite($c, "$text\n") } else { delete $talking{$fd} }
    }
  }
}

sub ask {
  my ($seconds) = @_;
  my %kept;
  print "ready\n";
  while (my $line = <STDIN>) {
    chomp $line;
    my ($kind, $host, $port, $more) = split ' ', $line;
    my $name = $kind eq 'tcp' ? $more : undef;
    my $s = defined $name ? $kept{$name} : undef;
    my $error;
    ($s, $error) = open_to($kind, $host, $port, $kind eq 'udp' ? $more : undef, $seconds) unless $s;
    my $text = $error;
    if (!defined $text) { syswrite($s, 'hello'); $text = ready($s, 0, $seconds) ? heard($s) : 'ETIMEDOUT' }
    if (defined $name) { if ($text =~ /^E[A-Z]+$/) { delete $kept{$name} } else { $kept{$name} = $s } }
    print "$text\n";
  }
}

sub open_to {
  my ($kind, $host, $port, $from, $seconds) = @_;
  my ($type, $protocol) = @{ $kinds{$kind} };
  my $v6 = $host =~ /:/;
  socket(my $s, $v6 ? AF_INET6 : AF_INET, $type, $protocol) or return (undef, code($!));
  bind($s, $v6 ? pack_sockaddr_in6($from, IN6ADDR_ANY) : pack_sockaddr_in($from, INADDR_ANY)) if $from;
  require Fcntl;
  fcntl($s, Fcntl::F_SETFL(), Fcntl::O_NONBLOCK());
  connect($s, $v6 ? pack_sockaddr_in6($port, inet_pton(AF_INET6, $host)) : pack_sockaddr_in($port, inet_aton($host))) or $!{EINPROGRESS} or return (undef, code($!));
  ready($s, 1, $seconds) or return (undef, 'ETIMEDOUT');
  my $failed = unpack('i', getsockopt($s, SOL_SOCKET, SO_ERROR));
  return $failed ? (undef, code($failed)) : ($s, undef);
}

sub ready {
  my ($s, $write, $seconds) = @_;
  my $wanted = '';
  vec($wanted, fileno $s, 1) = 1;
  return select($write ? undef : $wanted, $write ? $wanted : undef, undef, $seconds) > 0;
}

sub heard {
  my ($s) = @_;
  my $n = sysread($s, my $text, 2048);
  return code($!) unless defined $n;
  return 'ECONNRESET' if $n == 0;
  $text =~ s/\n$//;
  return $text;
}

sub code {
  my ($number) = @_;
  local $! = $number;
  for (qw(ECONNREFUSED ETIMEDOUT EHOSTUNREACH ENETUNREACH ECONNRESET EPROTONOSUPPORT ESOCKTNOSUPPORT)) { return $_ if $!{$_} }
  return "E$number";
}
