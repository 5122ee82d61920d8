namespace Rallypoint
{
    /// <summary>A rating before and after a match.</summary>
    public sealed class RatingChange
    {
        internal RatingChange(
            int before,
            int after)
        {
            Before = before;
            After = after;
        }

        /// <summary>What it was.</summary>
        public int Before { get; }

        /// <summary>What it is.</summary>
        public int After { get; }
    }
}
