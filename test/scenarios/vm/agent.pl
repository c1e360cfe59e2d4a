# The first program of the virtual machine: runs what it is told to over a port, and tells what that prints.
#
#     in    run ID HEX      the program and its words, a zero byte between them
#           write ID HEX    to its standard input; end ID closes that; kill ID
#     out   out ID HEX, err ID HEX, exit ID CODE
use strict;
use warnings;

my ($path) = @ARGV;
open(my $port, '+<', $path) or die "$path: $!";
binmode $port;
$SIG{PIPE} = 'IGNORE';
my (%child, $asked);
$asked = '';

sub tell_host { my $text = join(' ', @_) . "\n"; while (length $text) { my $n = syswrite($port, $text); next unless defined $n; substr($text, 0, $n) = ''; } }

sub run_program {
  my ($id, @words) = @_;
  pipe(my $in_r, my $in_w) && pipe(my $out_r, my $out_w) && pipe(my $err_r, my $err_w) or die $!;
  my $pid = fork;
  if ($pid == 0) {
    open(STDIN, '<&', $in_r); open(STDOUT, '>&', $out_w); open(STDERR, '>&', $err_w);
    close $_ for $in_r, $in_w, $out_r, $out_w, $err_r, $err_w, $port;
    exec { $words[0] } @words or do { print STDERR "$words[0]: $!"; require POSIX; POSIX::_exit(127) };
  }
  close $_ for $in_r, $out_w, $err_w;
  $child{$id} = { pid => $pid, in => $in_w, out => $out_r, err => $err_r };
}

sub obey {
  my ($verb, $id, $hex) = split / /, $_[0];
  my $one = $child{$id};
  return run_program($id, split(/\0/, pack('H*', $hex), -1)) if $verb eq 'run';
  return unless $one;
  if ($verb eq 'write' && $one->{in}) { syswrite($one->{in}, pack('H*', $hex)) }
  if ($verb eq 'end' && $one->{in}) { close $one->{in}; delete $one->{in} }
  if ($verb eq 'kill') { kill 'KILL', $one->{pid} }
}

sub pass_on {
  my ($id, $way) = @_;
  my $one = $child{$id};
  if (sysread($one->{$way}, my $text, 65536)) { return tell_host($way, $id, unpack('H*', $text)) }
  close delete $one->{$way};
  return if $one->{out} || $one->{err};
  waitpid $one->{pid}, 0;
  tell_host('exit', $id, $? & 127 ? 128 + ($? & 127) : $? >> 8);
  delete $child{$id};
}

tell_host('ready', 0);
for (;;) {
  my $wanted = '';
  vec($wanted, fileno $port, 1) = 1;
  for my $one (values %child) { for my $way ('out', 'err') { vec($wanted, fileno $one->{$way}, 1) = 1 if $one->{$way} } }
  select($wanted, undef, undef, undef) or next;
  for my $id (keys %child) {
    for my $way ('out', 'err') { pass_on($id, $way) if $child{$id} && $child{$id}{$way} && vec($wanted, fileno $child{$id}{$way}, 1) }
  }
  next unless vec($wanted, fileno $port, 1);
  my $n = sysread($port, $asked, 65536, length $asked);
  last unless $n;
  obey($1) while $asked =~ s/^(.*)\n//;
}
