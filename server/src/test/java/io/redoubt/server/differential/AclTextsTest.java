package io.redoubt.server.differential;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Compares the replies of the ACL commands about users and rules with a real Redis. */
final class AclTextsTest {
  @TempDir private Path directory;

  @ParameterizedTest
  @ValueSource(strings = {"2", "3"})
  void matchesRedis(String protocol) throws Exception {
    try (var twins = Twins.start(directory);
        var conversation = new Conversation(twins, 2, protocol)) {
      for (String line : LINES.strip().split("\n")) {
        boolean second = line.startsWith("1>");
        conversation.say(second ? 1 : 0, second ? line.substring(2).strip() : line.strip());
      }
      assertThat(categories(conversation.askOurs(0, words("ACL", "CAT"))))
          .isEqualTo(categories(conversation.askReal(0, words("ACL", "CAT"))));
    }
  }

  private static byte[][] words(String... words) {
    return Stream.of(words).map(Conversation::bytes).toArray(byte[][]::new);
  }

  private static TreeSet<String> categories(byte[] reply) {
    var names = new TreeSet<String>();
    Leniency.parse(reply).elements().forEach(name -> names.add(name.text()));
    return names;
  }

  private static final String LINES =
      """
      ACL WHOAMI
      ACL LIST
      ACL USERS
      ACL GETUSER default
      ACL GETUSER nobody
      ACL CAT nothing
      ACL DELUSER default
      ACL DELUSER nobody
      ACL SETUSER u
      ACL GETUSER u
      ACL LIST
      ACL SETUSER u on >secret ~a* ~b* &chan* +get +set
      ACL GETUSER u
      ACL LIST
      ACL SETUSER u <secret
      ACL SETUSER u <secret
      ACL SETUSER u #2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b
      ACL SETUSER u #zz
      ACL SETUSER u !2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b
      ACL SETUSER u nopass
      ACL GETUSER u
      ACL SETUSER u resetpass
      ACL SETUSER u allkeys allchannels
      ACL GETUSER u
      ACL SETUSER u resetkeys resetchannels
      ACL SETUSER u ~x allkeys ~y
      ACL SETUSER u resetkeys %R~r* %W~w* %RW~rw* %~z
      ACL SETUSER u %R~r* %W~w* %RW~rw*
      ACL GETUSER u
      ACL SETUSER u &ch1 &ch2
      ACL SETUSER u allchannels &ch3
      ACL SETUSER u +@all -@dangerous
      ACL GETUSER u
      ACL SETUSER u -@all +@read +@string -get
      ACL GETUSER u
      ACL SETUSER u nocommands
      ACL SETUSER u allcommands
      ACL SETUSER u +@all -config|get
      ACL GETUSER u
      ACL SETUSER u -@all +client|id +client|getname +config
      ACL GETUSER u
      ACL SETUSER u -@all +config|set +select|0
      ACL SETUSER u +select|0 -select|1
      ACL SETUSER u +nosuch
      ACL SETUSER u +client|nosuch
      ACL SETUSER u +@nosuch
      ACL SETUSER u -get|x
      ACL SETUSER u +get|x
      ACL SETUSER u nosuchrule
      ACL SETUSER u ~a[ ""
      ACL SETUSER u "white space"
      ACL SETUSER "bad name" on
      ACL SETUSER u (+get ~k*) (+set ~w* &c)
      ACL GETUSER u
      ACL LIST
      ACL SETUSER u (+get ~k*
      ACL SETUSER u (on)
      ACL SETUSER u (nopass)
      ACL SETUSER u (reset)
      ACL SETUSER u clearselectors
      ACL GETUSER u
      ACL SETUSER u off sanitize-payload
      ACL GETUSER u
      ACL SETUSER u skip-sanitize-payload
      ACL LIST
      ACL SETUSER u reset
      ACL LIST
      ACL SETUSER v on nopass ~app:* +@read +ping &news
      ACL DRYRUN v get app:1
      ACL DRYRUN v get other
      ACL DRYRUN v set app:1 x
      ACL DRYRUN v mget app:1 other
      ACL DRYRUN v nosuch x
      ACL DRYRUN v get
      ACL DRYRUN nobody get x
      ACL DRYRUN v publish news x
      ACL DRYRUN v client id
      ACL DRYRUN v copy app:1 other
      ACL SETUSER w on nopass %W~w* %R~r* +set +copy +get +getset
      ACL DRYRUN w set w1 x
      ACL DRYRUN w set w1 x GET
      ACL DRYRUN w set r1 x
      ACL DRYRUN w get w1
      ACL DRYRUN w get r1
      ACL DRYRUN w copy r1 w1
      ACL DRYRUN w copy w1 r1
      ACL DRYRUN w getset w1 x
      ACL DELUSER w
      ACL SETUSER v +subscribe +publish
      ACL DRYRUN v publish news x
      ACL DRYRUN v publish olds x
      ACL DRYRUN v subscribe news olds
      1> AUTH v any
      1> ACL WHOAMI
      1> GET app:1
      1> GET other
      1> SET app:1 x
      1> MGET app:1 other
      1> PUBLISH news x
      1> PUBLISH olds x
      1> CLIENT ID
      1> ACL LIST
      1> MULTI
      1> SET app:1 x
      1> GET app:1
      1> EXEC
      1> AUTH default wrong
      1> AUTH nobody wrong
      1> AUTH v
      1> AUTH a b c
      1> AUTH default any
      ACL LOG RESET
      ACL LOG
      ACL LOG x
      ACL GENPASS 0
      ACL GENPASS 4097
      ACL GENPASS x
      ACL SETUSER default >pass
      ACL LIST
      AUTH pass
      AUTH wrong
      ACL GETUSER default
      ACL SETUSER default nopass
      ACL DELUSER u v nobody
      ACL USERS
      ACL SAVE
      ACL LOAD
      ACL NOSUCH
      ACL
      ACL GETUSER
      ACL DRYRUN default get
      """;
}
