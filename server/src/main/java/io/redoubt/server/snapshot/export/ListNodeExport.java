package io.redoubt.server.snapshot.export;

import io.redoubt.persistence.packed.Lzf;
import io.redoubt.persistence.rdb.RdbBytes;
import io.redoubt.persistence.rdb.RdbException;
import io.redoubt.persistence.rdb.RdbValueVisitor;
import io.redoubt.server.memory.Region;
import io.redoubt.server.memory.Slabs;
import io.redoubt.server.structure.list.QuicklistNode;
import java.lang.foreign.MemorySegment;

/** Exports the elements of list nodes. */
public final class ListNodeExport {

  private static final MemorySegment MEMORY = Region.MEMORY;

  private final Slabs slabs;
  private final Lzf.Decompressor lzf = new Lzf.Decompressor();
  private final RdbBytes element = new RdbBytes();

  public ListNodeExport(Slabs slabs) {
    this.slabs = slabs;
  }

  public void export(long node, RdbValueVisitor visitor) throws RdbException {
    int bytes = QuicklistNode.sizeBytes(node);
    if (QuicklistNode.isCompressed(node)) {
      exportCompressed(node, bytes, visitor);
    } else {
      export(node, QuicklistNode.data(node), bytes, visitor);
    }
  }

  private void export(long node, long data, int bytes, RdbValueVisitor visitor)
      throws RdbException {
    if (QuicklistNode.isPlain(node)) {
      visitor.listElement(element.at(MEMORY, data, bytes));
    } else {
      visitor.listNode(MEMORY, data, bytes);
    }
  }

  private void exportCompressed(long node, int bytes, RdbValueVisitor visitor) throws RdbException {
    long plain = slabs.allocateFar(bytes);
    try {
      long data = QuicklistNode.data(node);
      long end = data + QuicklistNode.storedBytes(node);
      lzf.run(MEMORY, data, end, MEMORY, plain, plain, plain + bytes);
      export(node, plain, bytes, visitor);
    } finally {
      slabs.free(plain, bytes);
    }
  }
}
