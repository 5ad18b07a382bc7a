//! The SO(3)-equivariant network (design §5), on candle.
