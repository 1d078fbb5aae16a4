package io.redoubt.server.structure;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.Seed;
import io.redoubt.server.memory.CheckingSlabs;
import io.redoubt.server.memory.Region;
import io.redoubt.server.memory.RegionArgument;
import io.redoubt.server.memory.Slabs;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

final class NamedBlocksTest {
  private static final int NAME_AT = 12;

  @Test
  void behavesLikeATreeMap() {
    Random random = Seed.random("NamedBlocksTest");
    Slabs slabs = CheckingSlabs.create();
    long header = slabs.allocateFar(NamedBlocks.HEADER_BYTES);
    Region.zero(header, NamedBlocks.HEADER_BYTES);
    NamedBlocks blocks = new NamedBlocks(slabs, NAME_AT);
    blocks.pointTo(header);
    TreeMap<String, Long> model = new TreeMap<>();
    for (int step = 0; step < 5000; step++) {
      String name = Integer.toString(random.nextInt(300), 7);
      try (RegionArgument argument = RegionArgument.of(slabs, name)) {
        long found = blocks.find(argument.address(), argument.length());
        assertThat(found).isEqualTo(model.getOrDefault(name, 0L));
        if (found == 0) {
          long block = slabs.allocateFar(NAME_AT + name.length());
          Region.putInt(block, name.length());
          Region.copy(argument.address(), block + NAME_AT, name.length());
          blocks.insert(block);
          model.put(name, block);
        } else if (random.nextBoolean()) {
          blocks.remove(found);
          slabs.free(found, NAME_AT + name.length());
          model.remove(name);
        }
      }
      if (step % 100 == 0) {
        List<Long> all = new ArrayList<>();
        for (int i = 0; i < blocks.count(); i++) {
          all.add(blocks.get(i));
        }
        assertThat(all).containsExactlyElementsOf(model.values());
      }
    }
    model.forEach((name, block) -> slabs.free(block, NAME_AT + name.length()));
    blocks.clear();
    slabs.free(header, NamedBlocks.HEADER_BYTES);
    slabs.close();
  }
}
