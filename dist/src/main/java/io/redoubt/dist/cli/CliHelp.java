package io.redoubt.dist.cli;

/** The text of {@code --help}. */
final class CliHelp {
  static final String TEXT =
      """
      Usage: redis-cli [OPTIONS] [cmd [arg [arg ...]]]

      Server
        -h <hostname>       Host name (default: 127.0.0.1).
        -p <port>           Port (default: 6379).
        -s <socket>         Unix socket, in place of host and port.
        -u <uri>            redis://[[user]:password@]host[:port][/database], rediss:// for TLS.
        -n <db>             Database number.
        -a, --pass <word>   Password; the variable REDISCLI_AUTH is safer.
        --user <username>   User of the password (ACL).
        --askpass           Asks for the password; ignores -a and REDISCLI_AUTH.
        --no-auth-warning   No warning of a password on the command line.
        -2, -3              Protocol RESP2 or RESP3.
        -c                  Follows redirections of a cluster (MOVED, ASK).
        --tls               Encrypts the connection.
        --sni <host>        Server name to announce.
        --cacert <file>     Certificates to trust.
        --cacertdir <dir>   Folder of certificates to trust.
        --insecure          Trusts any certificate.
        --cert <file>       Client certificate.
        --key <file>        Key of the client certificate.
        --tls-ciphers, --tls-ciphersuites <list>
                            Cipher suites, separated by colons.

      Commands
        -r <repeat>         Runs the command so often; -1 for ever.
        -i <interval>       Waits so many seconds after each run of -r, such as 0.1; the pause of
                            --scan and --stat, and of --bigkeys, --memkeys and --hotkeys per 100
                            steps.
        -x                  Reads the last argument from standard input.
        -X <tag>            Reads the argument that equals the tag from standard input.
        --quoted-input      Arguments are in quotes, with escapes.
        --eval <file>       Runs a script: redis-cli --eval file key1 key2 , arg1 arg2
        --ldb               With --eval: debugs the script; the server undoes its changes.
        --ldb-sync-mode     The same on the server's own data, which waits and keeps changes.
        -e                  Exits with status 1 if the command returns an error.

      Output
        --raw               Bare output, the default if standard output is no terminal.
        --no-raw            Output for people in any case.
        -d <delimiter>      Between elements of raw output (default: a line feed).
        -D <delimiter>      After each raw reply (default: a line feed).
        --csv               CSV.
        --json              JSON; RESP3 unless -2 is given.
        --quoted-json       The same, with strings quoted so that any bytes survive.
        --show-pushes <yn>  Prints push messages of RESP3 (default: yes on a terminal).

      Modes
        --stat              A line of figures a second.
        --latency           Round trip of PING: minimum, maximum, average.
        --latency-history   The same, anew after each interval (default: 15 s).
        --latency-dist      The distribution as colors of a terminal.
        --intrinsic-latency <sec>
                            How long the machine itself stops a busy process.
        --scan              Lists keys.
        --bigkeys           Finds the keys with most elements.
        --memkeys           Finds the keys of most memory.
        --memkeys-samples <n>
                            The same with so many elements of a key sampled.
        --hotkeys           Finds the keys used most (under an LFU policy).
        --pattern <pat>     Keys of --scan, --bigkeys, --memkeys and --hotkeys.
        --quoted-pattern <pat>
                            The same, in quotes, with escapes.
        --count <n>         COUNT of --scan.
        --lru-test <keys>   Simulates a cache of so many keys.
        --replica           Prints the commands that a master sends to replicas.
        --rdb <file>        Saves the server's data as an RDB file; - for standard output.
        --functions-rdb <file>
                            The same without keys.
        --pipe              Sends standard input, in the protocol, and counts replies.
        --pipe-timeout <n>  Longest wait of --pipe for a reply, in seconds (default: 30; 0 for ever).
        --cluster <command> Creates, checks, repairs and changes clusters: --cluster help.
        --help, --version   This text, the version.

      Without a command, commands are read from standard input, one a line. On a terminal, lines
      are edited with hints and completion; "help" there says more. Ctrl-C leaves a command.
      """;

  private CliHelp() {}
}
